"""The languages that the interface speaks: for each complete catalogue, its texts, its locale, its name and its direction.

A catalogue is one file, `catalogues/<tag>.po`, in the format of GNU gettext. English needs none: its texts stand in the
code. A catalogue that lacks a text is left out, so that no page is half translated.
"""

from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Literal

from babel import Locale
from markupsafe import Markup
from msgspec import Struct

from core.languages.compiled import is_complete, read_catalogue

Direction = Literal["ltr", "rtl"]

CATALOGUES = Path(__file__).parent / "catalogues"
# The tags of the languages that have a catalogue, complete or not; English first.
TAGS = ("en", *sorted(path.stem for path in CATALOGUES.glob("*.po")))
# Between the context of a text and the text, as in the files of GNU gettext.
CONTEXT_END = "\x04"
# Where the locale of CLDR is not named like the language: British English writes days before months, and our Portuguese
# texts are European.
LOCALES = {"en": "en_GB", "pt": "pt_PT", "zh": "zh_Hans"}


class _HtmlTexts(dict[str, Markup]):
    """The texts of one language as HTML by their English version, each made when it is first asked for.

    What stands in templates and catalogues is HTML: a test compares the tags of both.
    """

    def __init__(self, translations: NullTranslations) -> None:
        self.translations = translations

    def __missing__(self, message: str) -> Markup:
        context, has_context, of_it = message.partition(CONTEXT_END)
        translated = (
            self.translations.pgettext(context, of_it) if has_context else self.translations.gettext(message)
        )
        text = self[message] = Markup(translated)
        return text


class Language(Struct, frozen=True, eq=False):
    """A language of the interface. Its tag names its catalogue and is what members choose."""

    tag: str
    lang: str
    """What the attribute `lang` of HTML says, such as "zh-Hans"."""
    name: str
    """The name in the language itself."""
    direction: Direction
    locale: Locale
    translations: NullTranslations
    html: _HtmlTexts


def make_language(tag: str, translations: NullTranslations, locale: Locale | None = None) -> Language:
    """Return a language with these translations; name, direction, plural forms and formats come from CLDR."""
    locale = locale or Locale.parse(LOCALES.get(tag, tag), sep="-" if "-" in tag else "_")
    name = Locale(locale.language).get_display_name() or tag
    direction: Direction = "rtl" if locale.text_direction == "rtl" else "ltr"
    lang = tag if tag not in LOCALES or tag == "en" else str(locale).replace("_", "-")
    name = name[:1].upper() + name[1:]
    return Language(tag, lang, name, direction, locale, translations, _HtmlTexts(translations))


ENGLISH = make_language("en", NullTranslations())


@cache
def all_languages() -> Mapping[str, Language]:
    """Return the languages that have a catalogue, complete or not, by tag, English first."""
    others = {tag: make_language(tag, read_catalogue(CATALOGUES / f"{tag}.po")) for tag in TAGS[1:]}
    return {ENGLISH.tag: ENGLISH, **others}


@cache
def languages() -> Mapping[str, Language]:
    """Return the languages of pages by tag, English first: those whose catalogue is complete."""
    return {tag: one for tag, one in all_languages().items() if is_complete(one.translations)}


def is_foreign(tag: str | None, page: Language) -> bool:
    """Return whether a page has to say that a text on it is in this language (BCP 47): another one than its own."""
    return tag is not None and tag != page.lang and not page.lang.startswith(f"{tag}-")
