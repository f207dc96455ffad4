"""Lengths of time as each language writes them."""

import pytest

from core.languages.formats import ago_in
from core.languages.languages import languages


@pytest.mark.parametrize(
    ("tag", "minutes", "text"),
    [
        ("en", 1, "1 minute ago"),
        ("en", 59, "59 minutes ago"),
        ("en", 60, "1 hour ago"),
        ("en", 12_951, "1 week ago"),
        ("de", 1_500, "vor 1 Tag"),
        ("fr", 5, "il y a 5 minutes"),
        ("ar", 125, "قبل ساعتين"),
        ("zh", 5, "5分钟前"),
    ],
)
def test_how_long_ago_something_was_is_in_its_largest_unit(tag: str, minutes: int, text: str) -> None:
    assert ago_in(languages()[tag], minutes).replace("\u00a0", " ") == text
