"""Tests of the tokenizer: the same lexemes in every form in which Unicode writes a text, at their place in the original."""

import unicodedata

import pytest

from forum.search.tokenizer.folding import fold
from forum.search.tokenizer.tokens import TOKENIZER_VERSION, tokenize
from forum.search.vectors import MAX_SIZE, make_vector
from tests.support.search_archive import read_texts

INVISIBLE = ("\u00ad", "\u2060", "\ufeff", "\u200d", "\u034f", "\ufe0f", "\u2063", "\u061c")


def lexemes(text: str, language: str = "en") -> list[str]:
    return [token.lexeme for token in tokenize(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rhodium/iridium", ["rhodium", "iridium"]),
        ("eur-lex.europa.eu", ["eur", "lex", "europa", "eu"]),
        ("AT&T", ["at", "t", "at&t", "at&t"]),
        ("C++ C# c", ["c++", "c", "c#", "c", "c"]),
        ("CO₂ m² ５０", ["co2", "m2", "50"]),
        ("3TG", ["3", "tg", "3tg", "3tg"]),
        ("２５ｋｇ", ["25", "kg", "25kg", "25kg"]),
        ("ISO20400", ["iso", "20400", "iso20400", "iso20400"]),
        ("OpenLCA", ["open", "lca", "openlca", "openlca"]),
        ("XMLHttpFile", ["xml", "http", "file", "xmlhttpfile", "xmlhttpfile"]),
        ("NGOs Œuvre Cobalt EU", ["ngos", "oeuvre", "cobalt", "eu"]),
        ("C++17 a++b", ["c++", "c", "17", "a", "b"]),
        ("1,250", ["1", "250", "1250", "1250"]),
        ("1.250,50", ["1", "250", "50", "1250.50", "1250.50"]),
        ("3,14", ["3", "14", "3.14", "3.14"]),
        ("U.S.A.", ["u", "s", "a", "usa", "usa"]),
        ("e‑mail", ["e", "mail", "email", "email"]),
        ("rare\u200bearth", ["rare", "earth", "rareearth", "rareearth"]),
        ("snake_case", ["snake", "case"]),
        ("a👍b", ["a", "👍", "b"]),
        ("钴矿石", ["钴矿", "矿石", "石"]),
        ("钴", ["钴"]),
        ("ｺﾊﾞﾙﾄ", ["コバ", "バル", "ルト", "ト"]),
        ("EU法规2", ["eu", "法规", "规", "2"]),
        ("R%C3%A9seau", ["reseau"]),
        ("100%", ["100"]),
    ],
)
def test_a_text_is_taken_apart(text: str, expected: list[str]) -> None:
    assert lexemes(text, "") == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Réseau", "RESEAU"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("Œuvre", "oeuvre"),
        ("العِنَايَةُ", "العنايه"),
        ("أسوان", "اسوان"),
        ("مـدرسة", "مدرسة"),
        ("٢٠٢٤", "2024"),
        ("ी", "ी"),
        ("ज़रूरी", "जरूरी"),
        ("ёлка", "елка"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("한국", unicodedata.normalize("NFD", "한국")),
        ("ﬁle", "file"),
        ("İstanbul", "istanbul"),
    ],
)
def test_people_type_a_word_differently(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_letters_that_are_others_stay_apart() -> None:
    assert fold("мой") != fold("мои")
    assert fold("भाषा") != fold("भषा")
    assert fold("น้ำ") != fold("นา")


def test_every_form_of_unicode_has_the_same_lexemes_and_invisible_characters_change_nothing() -> None:
    for text in read_texts():
        expected = lexemes(text.body)
        assert expected
        for form in ("NFC", "NFD"):
            assert lexemes(unicodedata.normalize(form, text.body)) == expected, (form, text.title)
        for invisible in INVISIBLE:
            spread = invisible.join(text.title)
            assert lexemes(spread) == lexemes(text.title), (invisible, text.title)


def test_a_token_says_where_it_is_in_the_original() -> None:
    text = "The sustain\u00adability of 钴矿 in CO₂, Réseau; AT&T"
    where = {token.lexeme: text[token.start : token.end] for token in tokenize(text, "en")}
    assert where["sustainability"] == "sustain\u00adability"
    assert where["钴矿"] == "钴矿"
    assert where["矿"] == "矿"
    assert where["co2"] == "CO₂"
    assert where["reseau"] == "Réseau"
    assert where["at&t"] == "AT&T"


def test_a_vector_stays_within_the_limits_of_postgresql() -> None:
    text = "".join(chr(0x4E00 + (n * 7919) % 20_000) + chr(0x4E00 + n % 20_900) for n in range(100_000))
    assert len(make_vector("", text, "zh", ()).encode()) < MAX_SIZE * 2
    assert (
        make_vector("It's", "a\\b", "en", ["§t'"]) == "'it':1A,2B 's':2A 'its':1A,2A 'a':13C 'b':14C '§t'''"
    )


def test_another_tokenizer_has_another_version() -> None:
    # If this fails because a text now gets other lexemes, also with a new version of a library, raise TOKENIZER_VERSION:
    # all posts are then indexed again.
    sample = {
        "en": "responsibilities audited e-mails openLCA",
        "de": "Häuser Prüfungen",
        "fr": "évaluées coopératives",
        "es": "organizaciones niños",
        "pt": "associações fundição",
        "ar": "والكوبالت المناجم",
        "zh": "供应链",
        "hi": "बैटरियों सम्बन्ध",
    }
    found = {language: " ".join(lexemes(text, language)) for language, text in sample.items()}
    assert found == {
        "en": "responsibilities respons audited audit e mails mail emails email emails email open lca openlca openlca",
        "de": "hauser haus prufungen prufung",
        "fr": "evaluees evalue evalu cooperatives cooper",
        "es": "organizaciones organiz ninos nin",
        "pt": "associacoes associaca assoc fundicao fundica",
        "ar": "والكوبالت كوبال المناجم مناجم",
        "zh": "供应 应链 链",
        "hi": "बैटरियों बैटर संबंध",
    }
    assert TOKENIZER_VERSION == 4
