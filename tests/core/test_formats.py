"""Lists as each language writes them."""

from gettext import NullTranslations

import pytest

from core.languages.formats import list_in
from core.languages.languages import make_language

LETTERS = ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("tag", "words", "marks"),
    [
        ("en", "a, b, c and d", "a, b, c, d"),
        ("de", "a, b, c und d", "a, b, c, d"),
        ("fr", "a, b, c et d", "a, b, c, d"),
        ("es", "a, b, c y d", "a, b, c, d"),
        ("pt", "a, b, c e d", "a, b, c, d"),
        ("zh", "a、b、c和d", "a、b、c、d"),
        ("ar", "a وb وc وd", "a وb وc وd"),
    ],
)
def test_a_list_with_and_without_words(tag, words, marks):
    language = make_language(tag, NullTranslations())

    assert list_in(language, LETTERS) == words
    assert list_in(language, LETTERS, "unit") == marks
    assert list_in(language, LETTERS[:1], "unit") == "a"
