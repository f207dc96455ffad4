"""Names of tags, in every script: the form in which they are stored and compared, and lists of them as people type them.

Letters keep their marks: “réseau” and “reseau” are two tags, and the search finds both. Case and width make no difference
(Unicode NFKC and case folding), and blanks inside a tag become hyphens.
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from core.errors import Invalid
from core.visible import strip_invisible

MAX_TAG_LENGTH = 40
# Longer texts are no tags; they are refused before they are normalized.
MAX_TYPED_LENGTH = 200
# Commas, semicolons and line breaks of Latin, Arabic and East Asian writing.
_SEPARATORS = re.compile("[,;\n\u060c\u061b\u3001\uff0c\uff1b\uff64]")
# Words of some scripts need these between their letters.
_JOINERS = "\u200c\u200d"
# Signs that belong to names such as C++, AT&T, 3.0 and snake_case. The others become hyphens.
_SIGNS = "-_+.&·"


class TagInvalid(Invalid):
    """A tag has no letter or digit, or is too long."""

    message = (
        f"A tag has at least one letter or digit, of any script, and at most {MAX_TAG_LENGTH} characters. Separate tags "
        "with commas."
    )


def tag_of(name: str) -> str:
    """Return the stored form of a tag; raise TagInvalid if there is none."""
    key = find_tag(name)
    if not key:
        raise TagInvalid(field="tags")
    return key


def find_tag(name: str) -> str:
    """Return the stored form of a tag, or an empty text if it is none."""
    if len(name) > MAX_TYPED_LENGTH:
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    shown = "".join(one for one in folded if one in _JOINERS or strip_invisible(one))
    key = "".join(one if _is_part(one) else " " for one in shown).strip(" .&·" + _JOINERS)
    key = re.sub(" +", "-", key)
    is_good = any(unicodedata.category(one)[0] in "LN" for one in key) and _length(key) <= MAX_TAG_LENGTH
    return key if is_good else ""


def split_tags(typed: str) -> list[str]:
    """Return the tags in a text as they were typed, which commas, semicolons or line breaks separate."""
    return [part for one in _SEPARATORS.split(typed) if (part := one.strip().lstrip("#").strip())]


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
