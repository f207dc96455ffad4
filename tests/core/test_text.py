"""Tests of the normal forms of texts, which are made in time proportional to the length."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import MAX_MARKS, normalize, tidy, tidy_name
from forum.search.tokenizer.chunks import take_apart
from forum.search.tokenizer.folding import fold
from moderation.rules.patterns import normalize as searched_form

LENGTH = 20_000
FORMS = ("NFC", "NFD", "NFKC", "NFKD")
marks = st.text("ae\u0301\u0323\u0345\u05b0\u1e69\ufdfa \u4e2d", max_size=60)


@pytest.mark.parametrize("form", FORMS)
@given(text=marks)
def test_ordinary_texts_have_the_form_of_unicode(form: Any, text: str) -> None:
    assert normalize(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", FORMS)
def test_a_long_text_of_ordinary_words_has_the_form_of_unicode(form: Any) -> None:
    text = "Vi\u1ec7t Nam, \u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd, e\u0301\u0323 " * 500

    assert normalize(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("run", ["\u0301\u0323", "\u0301" * 5 + "\u0323" * 5, "\u05b0\u0301"])
def test_long_runs_of_marks_are_parted_and_no_mark_is_lost(run: str) -> None:
    # Sorting one run of a million marks would take half an hour.
    text = "a" + run * (50 * LENGTH // len(run))

    shown = tidy(text)

    assert sorted(
        shown.replace("\u034f", "").replace("\u00e1", "a\u0301").replace("\u1ea1", "a\u0323")
    ) == sorted(text)
    longest = max(map(len, shown.split("\u034f")))
    assert longest <= MAX_MARKS + 1
    assert searched_form(text)


def test_a_letter_with_very_many_marks_is_folded_for_the_search() -> None:
    assert fold("a" + "\u0301\u0323" * LENGTH) == "a"


@pytest.mark.parametrize(
    "text", ["a@b." * 50_000, "+@a.b" * 50_000, "a" * 100_000 + "@" + "b" * 100_000 + ".c"]
)
def test_a_long_chunk_is_taken_apart_once(text: str) -> None:
    # Earlier each of these took minutes, because every part was compared with all the others.
    assert take_apart(text).places


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Admin\u200b", "Admin"),
        ("\u3164Admin", "Admin"),
        ("Ad\u00admin\ufeff \u2800", "Admin"),
        ("  Ana \u00a0 Lima ", "Ana Lima"),
        ("\u200fعلي\u200f", "علي"),
        ("می\u200cنا", "می\u200cنا"),
        ("क्\u200dषमा", "क्\u200dषमा"),
        ("Ann\u200d", "Ann"),
        ("Ann ❤\ufe0f", "Ann ❤\ufe0f"),
        ("A" + "\u0334" * 20 + "b", "A" + "\u0334" * 4 + "b"),
        ("Nguyễn Thị Hồng", "Nguyễn Thị Hồng"),
        ("שָׁלוֹם", unicodedata.normalize("NFC", "שָׁלוֹם")),
        ("น้ำ", "น้ำ"),
    ],
)
def test_a_name_has_nothing_that_nobody_sees(typed: str, name: str) -> None:
    assert tidy_name(typed) == name
    assert tidy_name(name) == name
