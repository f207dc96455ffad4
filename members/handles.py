"""Handles: which may be taken, and which look so much like another that they may not."""

import re
import unicodedata

from confusable_homoglyphs.confusables import confusables_data

from core.errors import Invalid

SHORTEST = 3
LONGEST = 30

_RESERVED = frozenset(
    """abuse account accounts admin admins administration administrator administrators all anonymous api archive
    archives bot community coordination coordinator daemon deleted erased everyone founder help helpdesk here host
    hosts info live login mail mailer me moderation moderator moderators nobody noreply null official operator
    owner postmaster register root security signin signup staff support sysadmin system team tertulia undefined
    unknown visitor webmaster""".split()
)
_SHAPE = re.compile(r"[^\W_][\w-]*[^\W_]")
_TOGETHER = {"CJK": "JAPANESE", "HIRAGANA": "JAPANESE", "KATAKANA": "JAPANESE"}
# What ASCII characters look like to each other; for all others Unicode's table of confusables is asked.
_ASCII = {"0": "o", "1": "l", "i": "l", "5": "s", "m": "rn", "w": "vv", "_": "-"}


class HandleNotAvailable(Invalid):
    """The handle is taken, reserved, malformed, or can be taken for another one."""

    message = "This name is not available."


def validate_handle(handle: str) -> str:
    """The handle in the one form in which it is stored; `HandleNotAvailable` if it can be nobody's."""
    name = normalize_handle(handle)
    if not SHORTEST <= len(name) <= LONGEST or not _SHAPE.fullmatch(name) or not _has_one_script(name):
        raise HandleNotAvailable(
            f"A name has {SHORTEST} to {LONGEST} letters of one script, digits, - or _, and begins and ends with a "
            "letter or digit.",
            field="handle",
        )
    if _is_reserved(name):
        raise HandleNotAvailable(field="handle")
    return name


def normalize_handle(handle: str) -> str:
    """The form in which handles are looked up."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", handle).casefold()).strip()


def skeleton(name: str) -> str:
    """What a handle looks like: equal for two that a reader could take for each other (after UTS #39)."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "".join(_looks_like(c) for c in bare)


def _looks_like(character: str) -> str:
    if not character.isascii():
        twins = (twin["c"].casefold() for twin in confusables_data.get(character, ()))
        character = next((twin for twin in twins if twin.isascii() and twin.isalnum()), character)
    return "".join(_ASCII.get(c, c) for c in character)


def _has_one_script(name: str) -> bool:
    letters = [c for c in name if not (c.isascii() and (c.isdigit() or c in "-_"))]
    if any(unicodedata.category(c) not in ("Ll", "Lo") for c in letters):
        return False
    scripts = {unicodedata.name(c, "?").partition(" ")[0] for c in letters}
    return len({_TOGETHER.get(script, script) for script in scripts}) <= 1


def _is_reserved(name: str) -> bool:
    """Reserved words, also as one of several words, with digits behind them, or spelled with look-alikes."""
    words = {name, *re.split("[-_]", name)}
    bare = {word.strip("0123456789") for word in words}
    return not _RESERVED_LOOKS.isdisjoint(skeleton(word) for word in words | bare)


_RESERVED_LOOKS = frozenset(map(skeleton, _RESERVED))
