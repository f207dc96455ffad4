"""Initials: the letters and the hue that stand for a member who has no picture."""

import unicodedata
from functools import lru_cache

from icu4py.breakers import CharacterBreaker

# As many as layers.css has; scripts know the number, too.
HUES = 8


def hue_of(handle: str) -> int:
    """Return the number of the hue of a member's face, which a new name does not change."""
    found = 0
    for letter in handle:
        found = (found * 31 + ord(letter)) % 1009
    return found % HUES


@lru_cache(maxsize=5_000)
def initials_of(name: str) -> str:
    """Return the letters that stand for a name, as readers see them: one or two.

    Two in scripts with capital letters ("Amina Khan": AK), where they are read as initials. One otherwise: two Arabic
    letters would join to a word, and the first Chinese character of a name is the family name.
    """
    words = [letters for word in name.split() if (letters := _letters_of(word))]
    if not words:
        return next(iter(CharacterBreaker(name.strip(), "en")), "")
    first, last = words[0], words[-1]
    if len(words) > 1 and _has_case(first) and _has_case(last):
        return first.upper() + last.upper()
    return first.upper() if _has_case(first) else first


def _letters_of(word: str) -> str:
    # The first character as readers see it, with its accents and vowel signs; "" for a word of signs only.
    seen = (one for one in CharacterBreaker(word, "en") if unicodedata.category(one[0])[0] in "LN")
    return next(seen, "")


def _has_case(letters: str) -> bool:
    return letters.upper() != letters.lower()
