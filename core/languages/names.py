"""Names and texts that exist in several languages: each reader gets their own, or the original with its language."""

from collections.abc import Mapping

from core.languages.languages import languages
from core.languages.texts import current_language

# The translations of names that a community gives to what everybody reads about, such as sectors, by the stored name.
_shared: dict[str, Mapping[str, str]] = {}


def share_names(names: Mapping[str, Mapping[str, str]]) -> None:
    """Make the translations of names known to the whole process, as `shared_name` finds them."""
    _shared.update(names)


def shared_name(stored: str, language: str = "") -> str:
    """Return a name that the community gives, such as that of a sector, in a language or else that of the reader; without a
    translation, as stored."""
    return _shared.get(stored, {}).get(language or current_language().tag, stored)


class Foreign(str):
    """A text in another language than the reader's; pages say in which (`lang`), so that it is pronounced rightly."""

    lang: str

    def __new__(cls, text: str, language: str) -> "Foreign":
        """Return the text with the tag of its language."""
        made = super().__new__(cls, text)
        known = languages().get(language)
        made.lang = known.lang if known else language
        return made


def local(original: str, translations: Mapping[str, str], language: str = "") -> str:
    """Return the translation for the reader, or the original, which is in `language` (empty if that is not known).

    An original without translations says nothing about its language, so it is returned as it is.
    """
    reader = current_language().tag
    if found := translations.get(reader):
        return found
    return Foreign(original, language) if translations and language not in ("", reader) else original
