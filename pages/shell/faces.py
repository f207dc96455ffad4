"""Faces: the small round picture of a member, or the initials, that stands beside the name.

A face is decoration: its letters are drawn by the style sheet and are hidden from screen readers, which read the name.
`people.js` makes the same faces for what arrives while a page is open.
"""

import unicodedata
from functools import lru_cache
from typing import Protocol

from icu4py.breakers import CharacterBreaker
from markupsafe import Markup, escape

from members.accounts.erasure import FORMER_HANDLE
from members.profiles.pictures import SIZES, picture_path

# The hues of layers.css; scripts know the number, too.
HUES = 8
NEUTRAL = Markup('<i class="face" aria-hidden="true"></i>')


class Person(Protocol):
    """Somebody with a name and a handle: an author, or the actor of a request."""

    @property
    def handle(self) -> str | None:
        """Return the handle."""

    @property
    def display_name(self) -> str | None:
        """Return the name."""

    @property
    def picture(self) -> str | None:
        """Return the name of the picture."""


def face(person: Person | None, large: bool = False) -> Markup:
    """Return the face of a member; that of nobody in particular for anonymous authors and former members."""
    if person is None or not person.handle or person.handle == FORMER_HANDLE:
        return NEUTRAL
    if person.picture:
        address = picture_path(person.picture, SIZES[large])
        return Markup(f'<img class="face" src="{address}" alt="" loading="lazy">')
    return face_of(person.handle, person.display_name or person.handle)


@lru_cache(maxsize=5_000)
def face_of(handle: str, name: str) -> Markup:
    """Return the face with the initials of a name, in the colour of a handle."""
    return Markup(
        f'<i class="face hue-{hue_of(handle)}" data-i="{escape(initials_of(name))}" aria-hidden="true"></i>'
    )


def hue_of(handle: str) -> int:
    """Return the number of the hue of a member's face, which a new name does not change."""
    found = 0
    for letter in handle:
        found = (found * 31 + ord(letter)) % 1009
    return found % HUES


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
