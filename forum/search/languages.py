"""Languages of posts and of the community."""

from core.language_detection import language_identifier
from forum.search.tokenizer.stemming import ALGORITHMS
from members.shapes import Taxonomies

# So many characters are enough to detect a language.
_DETECTION_LENGTH = 500


def known_languages(taxonomies: Taxonomies) -> tuple[str, ...]:
    """Return the languages of the community (ISO 639-1), sorted."""
    return tuple(sorted(taxonomies.languages))


def language_of(tag: str | None, text: str, languages: tuple[str, ...]) -> str:
    """Return the language (ISO 639-1) by which a post is indexed: its own (BCP 47). A text too short to tell it is
    taken to be in the most likely one of the community, because most are."""
    return tag.partition("-")[0] if tag else detect_language(text, languages)


def detect_language(text: str, languages: tuple[str, ...]) -> str:
    """Return the language (ISO 639-1) that a text is most likely written in, out of these languages."""
    if len(languages) == 1:
        return languages[0]
    code: str = language_identifier(languages).classify(text[:_DETECTION_LENGTH])[0]
    return code


def to_configuration(language: str) -> str:
    """Return the name under which the language of a post (ISO 639-1) is stored: a text search configuration.

    Version 0.1 highlighted by these configurations, and may still run beside this one.
    """
    return f"search_{language}" if language in ALGORITHMS else "search_simple"


def code_of(configuration: str) -> str:
    """Return the language (ISO 639-1) of a post from the name that is stored; `simple` has no stems."""
    return configuration.removeprefix("search_")
