"""Classes of characters: what joins, what separates, what is invisible, and which scripts have no spaces between words."""

import unicodedata

# The classes, one letter each, so that a text can be searched for their patterns.
WORD, UNSPACED, SYMBOL, INVISIBLE_SPACE, DASH, APOSTROPHE, SEPARATOR = "wbsz-' "

# Zero-width space and zero-width non-joiner: some people write them inside a word, others between two.
INVISIBLE_SPACES = "\u200b\u200c"

# Blocks of scripts that are written without spaces between words, or with particles attached (Hangul): Thai, Lao, Myanmar,
# Khmer, Tai, Hangul, Han, Hiragana and Katakana, with their extensions.
_UNSPACED = (
    (0xE00, 0xEFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF),
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x303B, 0x303C), (0x3041, 0x309F),
    (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x3105, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xA960, 0xA97F), (0xA9E0, 0xA9FF), (0xAA60, 0xAADF), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)  # fmt: skip

_APOSTROPHES = "'\u2019\u02bc\u2018\u02b9\u05f3"


def is_mark(character: str) -> bool:
    """Return whether a character combines with the one before it (Unicode: general category M)."""
    return unicodedata.category(character)[0] == "M"


class _Classes(dict[int, str]):
    """The class of each character by its code point, found when it is first met; the argument of `str.translate`."""

    def __missing__(self, code: int) -> str:
        made = self[code] = _class_of(chr(code))
        return made


# A folded text becomes a text of the same length, of classes. `+`, `#`, `&`, `.` and `,` stay as they are.
CLASSES = _Classes({ord(one): one for one in "+#&.,"})


def _class_of(character: str) -> str:
    category, code = unicodedata.category(character), ord(character)
    if character in INVISIBLE_SPACES:
        return INVISIBLE_SPACE
    if category[0] in "LMN":
        return UNSPACED if any(first <= code <= last for first, last in _UNSPACED) else WORD
    if character in _APOSTROPHES:
        return APOSTROPHE
    if category == "Pd" or character == "\u2212":
        return DASH
    return SYMBOL if category == "So" else SEPARATOR
