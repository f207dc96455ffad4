"""Handles: validation, normalization, and protection against look-alikes.

Names of two letters are common: 李明, Bo. Scripts are mixed as Unicode Technical Standard 39 allows at the level "highly
restrictive": one script, or Latin with the scripts that are written together in Chinese, Japanese or Korean.
"""

import re
import unicodedata
from functools import cache
from hashlib import sha256
from itertools import pairwise

from confusable_homoglyphs.confusables import confusables_data

from core.errors import Invalid
from core.languages.texts import translatable
from core.visible import strip_invisible

MIN_LENGTH = 2
MAX_LENGTH = 30

_RESERVED = frozenset(
    """abuse account accounts admin admins administration administrator administrators all anonymous api archive
    archives bot community coordination coordinator daemon deleted erased everyone founder help helpdesk here host
    hosts info live login mail mailer me moderation moderator moderators nobody noreply null official operator
    owner postmaster register root security signin signup staff support sysadmin system team tertulia undefined
    unknown visitor webmaster""".split()
)
# By the first word of the names of their characters.
_WRITTEN_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_SCRIPT_WORDS = {"IDEOGRAPHIC": "CJK", "KATAKANA-HIRAGANA": "KATAKANA", "MODIFIER": "?", "COMBINING": "?"}
_JAPANESE = frozenset({"CJK", "HIRAGANA", "KATAKANA"})
# Letters that repeat or lengthen the one before: 佐々木, マリー.
_JAPANESE_MARKS = frozenset("々〻ゝゞヽヾー")
_LATIN_VARIANT = re.compile(r"LATIN (?:SMALL LETTER|LETTER SMALL CAPITAL)(?: SCRIPT)? ([A-Z])(?: WITH .*)?")
# Digits that stand for letters in words, such as 4dmin. Only for reserved words: a handle with a 4 is no other handle.
_LETTERS_FOR_DIGITS = str.maketrans("0134578", "oieastb")
# Look-alikes among ASCII characters; the others come from Unicode's confusables table (UTS #39).
_ASCII_LOOKALIKES = {"0": "o", "1": "l", "i": "l", "5": "s", "m": "rn", "w": "vv", "_": "-"}


_SHAPE = translatable(
    "A name has %(least)s to %(most)s letters of one script, digits, - or _, and begins and ends with a letter or digit."
)


class HandleNotAvailable(Invalid):
    """The handle is taken, reserved or malformed, or looks like another one."""

    message = translatable("This name is not available.")


def validate_handle(handle: str) -> str:
    """Return the handle in its stored form; raise HandleNotAvailable if it is malformed or reserved."""
    name = normalize_handle(handle)
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH or not _has_good_shape(name) or not _has_one_script(name):
        raise HandleNotAvailable(
            _SHAPE,
            field="handle",
            least=MIN_LENGTH,
            most=MAX_LENGTH,
        )
    if any(is_reserved_word(word) for word in (name, *re.split("[-_]", name))):
        raise HandleNotAvailable(field="handle")
    return name


def normalize_handle(handle: str) -> str:
    """Return the handle in the form in which it is stored and looked up (NFKC, case-folded)."""
    # Case folding makes two letters of the Turkish İ, the second of which is an accent.
    folded = unicodedata.normalize("NFKC", handle).replace("İ", "i").casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def leading_handle(run: str) -> str:
    """Return the part of a run of word characters and hyphens that can be a handle: up to where the script changes.

    In scripts without spaces the text goes on directly after a mention. "" if the run does not begin like a handle.
    """
    first = ""
    end = len(run)
    for at, character in enumerate(run):
        if character.isalpha() and character not in _JAPANESE_MARKS:
            script = _script_of(character)
            script = "JAPANESE" if script in _JAPANESE else script
            first = first or script
            if script != first:
                end = at
                break
    return run[:end].rstrip("-_")


def skeleton(name: str) -> str:
    """Return the skeleton of a handle, which is equal for handles that look alike (after UTS #39)."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return "".join(_lookalike_of(c) for c in bare)


def handle_hash(handle: str) -> bytes:
    """Return what is kept of the handle of an erased member, so that nobody else gets it or one that looks like it."""
    return sha256(skeleton(handle).encode()).digest()


@cache
def _lookalike_of(character: str) -> str:
    """Return the characters that stand for this one and its look-alikes: ASCII ones, otherwise the first in Unicode."""
    if not character.isascii():
        plain = next((twin for twin in _twins(character) if twin.isascii() and twin.isalnum()), None)
        character = plain or _letter_without_sign(character) or min(_family(character))
    return "".join(_ASCII_LOOKALIKES.get(c, c) for c in character)


def _letter_without_sign(character: str) -> str | None:
    """Return the Latin letter of which this is a variant that Unicode does not take apart, such as b for ɓ (b with hook)."""
    found = _LATIN_VARIANT.fullmatch(unicodedata.name(character, ""))
    return found[1].lower() if found else None


def _twins(character: str) -> list[str]:
    return [twin["c"].casefold() for twin in confusables_data.get(character, ())]


def _family(character: str) -> set[str]:
    """Return the character, its look-alikes outside ASCII, and theirs: the table does not name all pairs."""
    family, left = {character}, [character]
    while left:
        found = {twin for twin in _twins(left.pop()) if len(twin) == 1 and not twin.isascii()} - family
        family |= found
        left.extend(found)
    return family


def _has_good_shape(name: str) -> bool:
    """Return whether the first and last characters are no signs, and vowel signs and tone marks follow a letter."""
    kinds = [unicodedata.category(c)[0] for c in name]
    follow_letters = all(before in "LM" for before, kind in pairwise(kinds) if kind == "M")
    return kinds[0] in "LN" and kinds[-1] in "LMN" and follow_letters


def _has_one_script(name: str) -> bool:
    letters = [c for c in name if not (c.isascii() and (c.isdigit() or c in "-_"))]
    if any(
        unicodedata.category(c) not in ("Ll", "Lo", "Mn", "Mc") and c not in _JAPANESE_MARKS for c in letters
    ):
        return False
    scripts = {_script_of(c) for c in letters}
    is_one = len(scripts) <= 1 or any(scripts <= together for together in _WRITTEN_TOGETHER)
    return is_one and "?" not in scripts and all(map(strip_invisible, letters))


def _script_of(letter: str) -> str:
    word = "LATIN" if letter.isascii() else unicodedata.name(letter, "?").partition(" ")[0]
    return _SCRIPT_WORDS.get(word, word)


def is_reserved_word(word: str, reserved: frozenset[str] | None = None) -> bool:
    """Return whether a word is reserved, also with digits around it or for letters, or spelled with look-alikes.

    `reserved` are the skeletons of the reserved words, by default of those that no handle contains.
    """
    forms = {word, word.strip(_DIGITS), word.rstrip(_DIGITS)}
    forms |= {form.translate(_LETTERS_FOR_DIGITS) for form in forms}
    return not (reserved or _RESERVED_SKELETONS).isdisjoint(map(skeleton, forms))


_DIGITS = "0123456789"


_RESERVED_SKELETONS = frozenset(map(skeleton, _RESERVED))
