"""The language of a text: chosen by its author, or detected in what the author wrote in words."""

import html
import re

from msgspec import Struct

from core.errors import Invalid
from core.language_detection import DETECTION_LENGTH, detect_language, load_model
from core.languages.languages import ENGLISH
from core.languages.texts import translatable

# What the standard has for several languages, none, an uncoded and an undetermined one.
_NO_LANGUAGES = frozenset({"mul", "zxx", "mis", "und"})
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)([^>"]*(?:"[^"]*"[^>"]*)*)>')
# What these contain is in no language, or in that of somebody else.
_NOT_OWN = frozenset({"code", "pre", "blockquote", "sup"})
_NOT_OWN_CLASSES = re.compile(r' class="(?:mention|quoted|signature)"')
_RUN_OF_ASCII = re.compile(r"[!-~]+")
_ADDRESS_OR_PATH = re.compile(r"[/@]|^www\.|^#")
# Some of the words are addresses, and are left out.
_LENGTH_READ = 4 * DETECTION_LENGTH
# So far the words are looked for: a page of nothing but links or code takes less than a millisecond.
_LONGEST_PAGE = 20_000


class LanguageOfText(Struct, frozen=True):
    """The language of a text as a BCP 47 tag, or None where it is undetermined; and who said so."""

    tag: str | None
    by: str


class UnknownLanguage(Invalid):
    """The tag of the language names no language, script or country that is known."""

    message = translatable("This language is not known. Choose another one.")


async def find_language(page: str, chosen: str | None = None) -> LanguageOfText:
    """Return the language of a text of safe HTML: the one that its author chose, or the one that is detected.

    Raise UnknownLanguage if the chosen one is none.
    """
    if chosen is not None:
        ensure_known(chosen)
        return LanguageOfText(chosen, "author")
    await load_model()
    return detect_in_html(page)


def ensure_known(tag: str) -> None:
    """Raise UnknownLanguage unless CLDR knows the language, the script and the country of a BCP 47 tag."""
    language, *parts = tag.split("-")
    names = ENGLISH.locale
    if (
        language in _NO_LANGUAGES
        or language not in names.languages
        or any(part not in names.scripts and part not in names.territories for part in parts)
    ):
        raise UnknownLanguage(field="language")


def detect_in_html(page: str) -> LanguageOfText:
    """Return the detected language of a text of safe HTML; slow if the model is not loaded."""
    return LanguageOfText(detect_language(prose_of(page)), "detected")


def prose_of(page: str) -> str:
    """Return the beginning of what the author of safe HTML wrote in words: no code, addresses, mentions and quotations."""
    pieces: list[str] = []
    length, at, left_out, depth = 0, 0, "", 0
    page = page[:_LONGEST_PAGE]
    for tag in _TAG.finditer(page):
        is_end, name, attributes = tag.groups()
        if left_out:
            depth += (-1 if is_end else 1) if name == left_out else 0
            left_out = left_out if depth else ""
        else:
            pieces.append(page[at : tag.start()])
            length += tag.start() - at
            if length > _LENGTH_READ:
                break
            if not is_end and (name in _NOT_OWN or _NOT_OWN_CLASSES.search(attributes)):
                left_out, depth = name, 1
        at = tag.end()
    words = html.unescape(" ".join(pieces)[:_LENGTH_READ])
    return " ".join(_RUN_OF_ASCII.sub(_without_addresses, words).split())


def _without_addresses(run: re.Match[str]) -> str:
    return " " if _ADDRESS_OR_PATH.search(run[0]) else run[0]
