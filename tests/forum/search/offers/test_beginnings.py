"""What is typed fits names by the beginnings of their words, in every script."""

import pytest

from forum.search.offers.beginnings import MAX_LENGTH, beginnings_of
from forum.search.tokenizer.names import lexemes_of_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cob", "Tracing of cobalt"),
        ("COBALT tra", "Tracing of cobalt"),
        ("reseau", "Réseau des mines"),
        ("RÉSE", "reseau des mines"),
        ("prüf", "Prüfung der Lieferkette"),
        ("pruef", "Prüfung der Lieferkette"),
        ("钴", "刚果钴矿"),
        ("钴矿", "刚果钴矿"),
        ("كوبالت", "تتبع الكوبالت"),
        ("الكوبالت", "تتبع كوبالت"),
        ("كوب", "والكوبالت"),
        ("openl", "What openLCA counts"),
        ("custody", "Chain-of-custody"),
        ("#c++", "C++"),
    ],
)
def test_a_beginning_of_words_fits(typed: str, name: str) -> None:
    assert beginnings_of(typed).fit(lexemes_of_name(name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("balt", "Tracing of cobalt"),
        ("cobalt tin", "Tracing of cobalt"),
        ("矿钴", "刚果钴矿"),
        ("reseaux", "Réseau des mines"),
    ],
)
def test_other_words_do_not_fit(typed: str, name: str) -> None:
    words = beginnings_of(typed)
    assert words.words
    assert not words.fit(lexemes_of_name(name))


@pytest.mark.parametrize(
    "typed", ["", " ", "c", "é", "?", "in:mobility cobalt", "-cobalt", "c" * (MAX_LENGTH + 1)]
)
def test_what_is_too_short_too_long_or_a_filter_asks_for_nothing(typed: str) -> None:
    assert beginnings_of(typed).words == ()


def test_what_is_typed_cannot_leave_its_marks() -> None:
    assert beginnings_of("it's").written() == "('§wit':*) & ('§ws':*)"
    assert beginnings_of("§s1 a\\b").written() == "('§ws1':*) & ('§wa':*) & ('§wb':*)"
