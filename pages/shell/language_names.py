"""The languages of the interface, of e-mails and of texts, each with its name in that language."""

from collections.abc import Iterable, Sequence
from functools import cache

from babel import Locale, UnknownLocaleError

from core.actor import Actor
from core.languages.languages import all_languages
from core.languages.texts import current_language

LANGUAGE_NAMES = {tag: language.name for tag, language in all_languages().items()}


def languages_for_reader() -> dict[str, str]:
    """Return the languages of the interface by tag, as they are called in the language of the reader."""
    return {tag: current_language().locale.languages.get(tag, name) for tag, name in LANGUAGE_NAMES.items()}


def text_languages(writer: Actor, page: str, community: Iterable[str]) -> list[tuple[str, str]]:
    """Return the languages in which a member may write, by tag and name: first the member's own, then that of the page, then
    those of the community."""
    own = [*writer.languages, writer.language or page]
    return [(tag, name_of_language(tag)) for tag in dict.fromkeys([*own, *community])]


def offered_languages(community: Sequence[str]) -> list[tuple[str, str]]:
    """Return the community's languages by tag and name, first that of the page if it is one of them."""
    page = current_language().tag
    return [(tag, name_of_language(tag)) for tag in sorted(community, key=lambda tag: tag != page)]


@cache
def name_of_language(tag: str) -> str:
    """Return the name of a language in that language, or its tag if nobody knows the name."""
    try:
        return LANGUAGE_NAMES.get(tag) or Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


def language_name(tag: str) -> str:
    """Return the name of a language as the language of the page writes it within a sentence, or else in that language."""
    return str(current_language().locale.languages.get(tag, name_of_language(tag)))
