"""Names of tags, in every script: the form in which they are stored and compared, and lists of them as people type them.

Letters keep their marks: “réseau” and “reseau” are two tags, and the search finds both. Case and width make no difference
(Unicode NFKC and case folding), and blanks inside a tag become hyphens.
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from core.errors import Invalid
from core.languages.texts import translatable
from core.visible import strip_invisible

MAX_TAG_LENGTH = 40
# Longer texts are no tags; they are refused before they are normalized.
MAX_TYPED_LENGTH = 200
# Commas, semicolons and line breaks of Latin, Arabic and East Asian writing.
_SEPARATORS = re.compile("[,;\n\u060c\u061b\u3001\uff0c\uff1b\uff64]")
# Words of some scripts need these between their letters.
_JOINERS = "\u200c\u200d"
_NEEDS_JOINERS = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
)
# Signs that belong to names such as C++, C#, AT&T, 3.0 and snake_case. The others become hyphens.
_SIGNS = "-_+.&·#"
# Case folding makes two letters of the first, which look like the second; the sign only lengthens Arabic letters.
_LETTERS = str.maketrans({"İ": "i", "\u0640": ""})
# Case folding loses the form that a sigma has at the end of a word.
_LAST_SIGMA = re.compile(r"(?<=\w)σ(?!\w)")
# It belongs to a name only at its end.
_HASH_BEFORE = re.compile(r"(?<!\w)#|#(?=\w)")
_HASH_TAGS = re.compile(r"\s*#[^\s#]+(?:\s+#[^\s#]+)+\s*")


class TagInvalid(Invalid):
    """A tag has no letter or digit, or is too long."""

    message = translatable(
        "A tag has at least one letter or digit, of any script, and at most 40 characters. Separate tags with commas."
    )


def tag_of(name: str) -> str:
    """Return the stored form of a tag; raise TagInvalid if there is none."""
    key = find_tag(name)
    if not key:
        raise TagInvalid(field="tags")
    return key


def ensure_tags_valid(names: Iterable[str]) -> None:
    """Raise TagInvalid if one of these is no tag."""
    for name in names:
        tag_of(name)


def find_tag(name: str) -> str:
    """Return the stored form of a tag, or an empty text if it is none."""
    if len(name) > MAX_TYPED_LENGTH:
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).translate(_LETTERS).casefold())
    joiners = _JOINERS if _NEEDS_JOINERS.search(folded) else ""
    shown = "".join(one for one in folded if one in joiners or strip_invisible(one))
    parts = "".join(one if _is_part(one) else " " for one in shown)
    key = _HASH_BEFORE.sub(" ", parts).strip(" .&·" + _JOINERS)
    key = _LAST_SIGMA.sub("ς", re.sub(" +(?:-+ +)*", "-", key))
    is_good = any(unicodedata.category(one)[0] in "LN" for one in key) and _length(key) <= MAX_TAG_LENGTH
    return key if is_good else ""


def split_tags(typed: str) -> list[str]:
    """Return the tags in a text as they were typed, which commas, semicolons or line breaks separate.

    Blanks separate words that all begin with `#`, as in `#cobalt #nickel`.
    """
    parts = (
        part
        for one in _SEPARATORS.split(typed)
        for part in (one.split() if _HASH_TAGS.fullmatch(one) else [one])
    )
    return [tag for part in parts if (tag := part.strip().lstrip("#").strip())]


def tags_of(names: Iterable[str]) -> list[str]:
    """Return the stored form of tags without repetitions, in their order; a name with commas is several tags.

    Raises TagInvalid.
    """
    return list(dict.fromkeys(tag_of(part) for name in names for part in split_tags(name) or [name]))


def tag_url(tag: str) -> str:
    """Return the URL path of a tag's page."""
    return f"/tags/{quote(tag, safe='')}"


def _is_part(one: str) -> bool:
    return unicodedata.category(one)[0] in "LMN" or one in _SIGNS or one in _JOINERS


def _length(text: str) -> int:
    """Return the number of characters that a reader sees, nearly: marks count with their letter."""
    return sum(unicodedata.category(one)[0] != "M" and one not in _JOINERS for one in text)
