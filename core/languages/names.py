"""Names and texts that exist in several languages: each reader gets their own, or the original with its language."""

from collections.abc import Mapping

from core.languages.languages import languages
from core.languages.texts import current_language


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
