"""Folding: how characters are compared, with the place of each folded character in the original text.

The forms are those of Unicode (NFKC, case folding, UAX 15). Accents of Latin and Greek, vowel signs of Arabic and Hebrew and
the nukta of Indic scripts are left out, because people type words without them.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote

from core.text import normalize
from core.visible import is_invisible
from forum.search.tokenizer.characters import INVISIBLE_SPACES, is_mark

# Letters that Unicode does not take apart, and spellings of one letter (Arabic, Persian, Devanagari).
_LETTERS = str.maketrans({
    "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ـ": "", "\u0901": "\u0902",
})  # fmt: skip
# How German vowels are written on keyboards that lack them.
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# Marks that are left out: accents, points of Hebrew, vowel signs of Arabic, nukta.
_DROPPED_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u09bc\u0a3c\u0abc\u0b3c]"
)
# й, ў and ї are letters of their own, ё is a spelling of е.
_CYRILLIC_LETTERS = re.compile("([\u0400-\u052f])([\u0306\u0308])")
_CYRILLIC_KEPT = {"и\u0306": "й", "у\u0306": "ў", "і\u0308": "ї"}
# A nasal before a consonant of its own row is written as a letter or as anusvara: सम्बन्ध, संबंध.
_NASALS = re.compile(
    "\u0919\u094d(?=[क-ङ])|\u091e\u094d(?=[च-ञ])|\u0923\u094d(?=[ट-ण])|\u0928\u094d(?=[त-न])|\u092e\u094d(?=[प-म])"
)
# Signs that are folded as they are, when no mark follows: most of a Chinese or Japanese text.
_SIGNS = "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff"
_MARKS = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_PLAIN_SIGNS = re.compile(f"[{_SIGNS}]+(?![{_MARKS}])")
_ENCODED = re.compile("(?:%[0-9A-Fa-f]{2})+")
# The marks of voice in half width are letters for Unicode, and combine when they are folded.
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
# Clusters are remembered, so a letter with thousands of marks is folded in pieces.
_MAX_CLUSTER = 32
# Hangul in single letters composes to syllables across clusters.
_JAMO = re.compile("[\u1100-\u11ff]")


def fold_with_offsets(chunk: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Return a chunk folded, and for each folded character where it begins and ends in the chunk.

    Percent-encoded letters of addresses are decoded.
    """
    if chunk.isascii() and "%" not in chunk:
        return chunk.lower(), range(len(chunk)), range(1, len(chunk) + 1)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end, cluster in _clusters(chunk):
        if _PLAIN_SIGNS.fullmatch(cluster):
            folded.append(cluster)
            starts += range(start, start + len(cluster))
            ends += range(start + 1, start + len(cluster) + 1)
        else:
            made = _fold_cluster(cluster)
            folded.append(made)
            starts += [start] * len(made)
            ends += [end] * len(made)
    return "".join(folded), starts, ends


def fold(text: str) -> str:
    """Return a text folded, without invisible characters."""
    folded = fold_with_offsets(text)[0]
    return folded.translate(dict.fromkeys(map(ord, INVISIBLE_SPACES)))


def spell(text: str) -> str:
    """Return a text in lower case with its accents, without invisible characters."""
    lower = text.lower()
    if lower.isascii():
        return lower
    return "".join(one for one in normalize("NFC", lower) if not is_invisible(one))


def unify_nasals(word: str) -> str:
    """Return a word of Devanagari with anusvara for each nasal before a consonant of its row."""
    return _NASALS.sub("\u0902", word)


def _clusters(chunk: str) -> list[tuple[int, int, str]]:
    """Take a chunk apart into letters with their marks, which are folded together; each with its place in the chunk."""
    made: list[tuple[int, int, str]] = []
    encoded = {found.start(): found[0] for found in _ENCODED.finditer(chunk)} if "%" in chunk else {}
    at = 0
    while at < len(chunk):
        if at in encoded:
            made.append((at, at + len(encoded[at]), unquote(encoded[at], errors="replace")))
            at += len(encoded[at])
            continue
        plain = _PLAIN_SIGNS.match(chunk, at)
        if plain is not None:
            made.append((at, plain.end(), plain[0]))
            at = plain.end()
            continue
        end = at + 1
        while end < len(chunk) and end - at < _MAX_CLUSTER and _continues(chunk, end):
            end += 1
        made.append((at, end, chunk[at:end]))
        at = end
    return made


def _continues(chunk: str, at: int) -> bool:
    # Invisible characters between a letter and its mark do not part them.
    character = chunk[at]
    if character < "\u0300":
        return False
    return (
        is_mark(character)
        or character in _HALF_WIDTH_MARKS
        or (bool(_JAMO.match(character)) and bool(_JAMO.match(chunk[at - 1])))
    )


@lru_cache(8_192)
def _fold_cluster(cluster: str) -> str:
    text = normalize("NFKC", normalize("NFKC", cluster).casefold())
    text = _CYRILLIC_LETTERS.sub(_keep_cyrillic, normalize("NFD", text))
    text = normalize("NFC", _DROPPED_MARKS.sub("", text)).translate(_LETTERS)
    return "".join(map(_fold_character, text))


def _keep_cyrillic(found: re.Match[str]) -> str:
    return _CYRILLIC_KEPT.get(found[0], found[1])


def _fold_character(character: str) -> str:
    if is_invisible(character):
        return "\u200b" if character in INVISIBLE_SPACES else ""
    return str(unicodedata.digit(character)) if unicodedata.category(character) == "Nd" else character
