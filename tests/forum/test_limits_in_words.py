"""Refusals name the limit that was exceeded as a number in the sentence, because that is how languages can translate it."""

import pytest

from core.errors import Refusal
from forum.drafts.drafts import MAX_DRAFTS, TooManyDrafts
from forum.files.file_types import MAX_FILE_SIZE, FileTooBig
from forum.files.pictures import MAX_FRAMES, MAX_PIXELS, TOO_BIG
from forum.search.saved_searches import MAX_SAVED_SEARCHES, TooManySearches
from forum.tags.names import MAX_TAG_LENGTH, TagInvalid
from forum.tags.policy import MAX_TAGS, TooManyTags


@pytest.mark.parametrize(
    ("refusal", "limit"),
    [
        (TooManyDrafts(), f"{MAX_DRAFTS} drafts"),
        (FileTooBig(), f"{MAX_FILE_SIZE // 1024**2} MB"),
        (FileTooBig(TOO_BIG), f"{MAX_PIXELS // 1_000_000} megapixels and {MAX_FRAMES:,} frames"),
        (TooManySearches(), f"{MAX_SAVED_SEARCHES} saved searches"),
        (TagInvalid(), f"{MAX_TAG_LENGTH} characters"),
        (TooManyTags(), f"{MAX_TAGS} tags"),
    ],
)
def test_the_limit_in_a_refusal_is_that_of_the_rule(refusal: Refusal, limit: str) -> None:
    assert limit in refusal.detail
