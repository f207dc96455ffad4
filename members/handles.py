"""Handles: validation, normalization, and protection against look-alikes."""

import re
import unicodedata

from confusable_homoglyphs.confusables import confusables_data

from core.errors import Invalid

MIN_LENGTH = 3
MAX_LENGTH = 30

_RESERVED = frozenset(
    """abuse account accounts admin admins administration administrator administrators all anonymous api archive
    archives bot community coordination coordinator daemon deleted erased everyone founder help helpdesk here host
    hosts info live login mail mailer me moderation moderator moderators nobody noreply null official operator
    owner postmaster register root security signin signup staff support sysadmin system team tertulia undefined
    unknown visitor webmaster""".split()
)
_SHAPE = re.compile(r"[^\W_][\w-]*[^\W_]")
_COMBINED_SCRIPTS = {"CJK": "JAPANESE", "HIRAGANA": "JAPANESE", "KATAKANA": "JAPANESE"}
# Look-alikes among ASCII characters; the others come from Unicode's confusables table (UTS #39).
_ASCII_LOOKALIKES = {"0": "o", "1": "l", "i": "l", "5": "s", "m": "rn", "w": "vv", "_": "-"}


class HandleNotAvailable(Invalid):
    """The handle is taken, reserved or malformed, or looks like another one."""

    message = "This name is not available."


def validate_handle(handle: str) -> str:
    """Return the handle in its stored form; raise HandleNotAvailable if it is malformed or reserved."""
    name = normalize_handle(handle)
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH or not _SHAPE.fullmatch(name) or not _has_one_script(name):
        raise HandleNotAvailable(
            f"A name has {MIN_LENGTH} to {MAX_LENGTH} letters of one script, digits, - or _, and begins and ends with a "
            "letter or digit.",
            field="handle",
        )
    if _is_reserved(name):
        raise HandleNotAvailable(field="handle")
    return name


def normalize_handle(handle: str) -> str:
    """Return the handle in the form in which it is stored and looked up (NFKC, case-folded)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", handle).casefold()).strip()


def skeleton(name: str) -> str:
    """Return the skeleton of a handle, which is equal for handles that look alike (after UTS #39)."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "".join(_lookalike_of(c) for c in bare)


def _lookalike_of(character: str) -> str:
    if not character.isascii():
        twins = (twin["c"].casefold() for twin in confusables_data.get(character, ()))
        character = next((twin for twin in twins if twin.isascii() and twin.isalnum()), character)
    return "".join(_ASCII_LOOKALIKES.get(c, c) for c in character)


def _has_one_script(name: str) -> bool:
    letters = [c for c in name if not (c.isascii() and (c.isdigit() or c in "-_"))]
    if any(unicodedata.category(c) not in ("Ll", "Lo") for c in letters):
        return False
    scripts = {unicodedata.name(c, "?").partition(" ")[0] for c in letters}
    return len({_COMBINED_SCRIPTS.get(script, script) for script in scripts}) <= 1


def _is_reserved(name: str) -> bool:
    """Return whether the handle contains a reserved word, also with digits at its end or spelled with look-alikes."""
    words = {name, *re.split("[-_]", name)}
    bare = {word.strip("0123456789") for word in words}
    return not _RESERVED_SKELETONS.isdisjoint(skeleton(word) for word in words | bare)


_RESERVED_SKELETONS = frozenset(map(skeleton, _RESERVED))
