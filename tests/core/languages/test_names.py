"""Names in several languages: each reader gets their own, or the original, which says its language."""

from gettext import NullTranslations

import pytest

from core.languages.languages import make_language
from core.languages.names import Foreign, local
from core.languages.texts import speaking
from pages.shell.jinja import lang_attribute, with_lang

NAMES = {"de": "Bergbau", "zh": "采矿"}


@pytest.mark.parametrize(
    ("reader", "seen"), [("de", "Bergbau"), ("zh", "采矿"), ("en", "Mining"), ("fr", "Mining")]
)
def test_a_reader_gets_the_name_in_their_language_or_the_original(reader: str, seen: str) -> None:
    with speaking(make_language(reader, NullTranslations())):
        assert local("Mining", NAMES, "en") == seen


def test_only_a_name_in_another_language_than_the_page_says_which() -> None:
    with speaking(make_language("fr", NullTranslations())):
        foreign, untranslated = local("采 <矿>", NAMES, "zh"), local("Mining", {}, "en")
    assert with_lang(foreign) == '<span lang="zh-Hans" dir="auto">采 &lt;矿&gt;</span>'
    assert lang_attribute(foreign) == ' lang="zh-Hans"'
    assert not isinstance(untranslated, Foreign)
    assert (with_lang(untranslated), lang_attribute(untranslated)) == ("Mining", "")
