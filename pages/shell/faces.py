"""Faces: the small round picture of a member, or the initials, that stands beside the name.

A face is decoration: its letters are drawn by the style sheet and are hidden from screen readers, which read the name.
`people.js` makes the same faces for what arrives while a page is open.
"""

from functools import lru_cache
from typing import Protocol

from markupsafe import Markup, escape

from members.accounts.erasure import FORMER_HANDLE
from members.profiles.initials import hue_of, initials_of
from members.profiles.pictures import SIZES, picture_path

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
