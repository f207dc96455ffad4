"""The language of a text is detected in its words, and left open where they do not tell."""

import pytest

from core.language_detection import detect_language
from forum.posts.text_language import UnknownLanguage, ensure_known, find_language, prose_of
from forum.text.markdown import render

FRENCH = "Comment les fonderies tracent-elles l'origine du cobalt ?"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do smelters trace the origin of cobalt?", "en"),
        ("Wie weisen Schmelzen die Herkunft von Kobalt nach?", "de"),
        (FRENCH, "fr"),
        ("¿Cómo rastrean las fundiciones el origen del cobalto?", "es"),
        ("Como é que as fundições rastreiam a origem do cobalto?", "pt"),
        ("冶炼厂如何追溯钴的来源？", "zh-Hans"),
        ("冶煉廠如何追溯鈷的來源？", "zh-Hant"),
        ("كيف تتتبع المصاهر مصدر الكوبالت؟", "ar"),
        ("Jak huty śledzą pochodzenie kobaltu?", "pl"),
        ("製錬所はどのようにコバルトの産地を追跡しますか。", "ja"),
        ("Merci beaucoup !", None),
        ("谢谢", None),
        ("CMRT EMRT RMAP OECD DDG 2017/821 ASM CAHRA", None),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbb", None),
        ("", None),
    ],
)
def test_the_language_is_that_of_the_words(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_code_addresses_mentions_and_quotations_do_not_count() -> None:
    source = (
        "> We have to wait for the answer of the smelters first.\n>\n> > And so on and so on.\n\n"
        "```\nfor each of the items do the thing\n```\n\n"
        "@amina-1 `the quick brown fox` https://example.org/the/quick/brown/fox you@example.org **Ja**, gut!"
    )
    assert prose_of(render(source).html).split() == ["Ja", ",", "gut!"]


async def test_a_quotation_in_another_language_does_not_decide() -> None:
    quoted = f"> How do smelters trace the origin of cobalt? And who pays for all of this?\n\n{FRENCH}"
    assert (await find_language(render(quoted).html)).tag == "fr"


async def test_what_the_author_says_counts() -> None:
    found = await find_language(f"<p>{FRENCH}</p>", "en")
    assert (found.tag, found.by) == ("en", "author")


def test_the_beginning_of_a_long_text_is_enough() -> None:
    assert len(prose_of("<p>one two three</p>" * 1_000)) < 1_300


@pytest.mark.parametrize("tag", ["en", "zh-Hant", "pt-BR", "zh-Hant-HK", "es-419", "sw"])
def test_known_languages_are_accepted(tag: str) -> None:
    ensure_known(tag)


@pytest.mark.parametrize("tag", ["xx", "en-ZY", "zh-Abcd", "en\n", "und", "mul", "zxx", "mis"])
def test_unknown_languages_are_refused(tag: str) -> None:
    with pytest.raises(UnknownLanguage):
        ensure_known(tag)
