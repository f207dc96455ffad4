"""First posts that nobody wrote as they are: each reader sees them in their language.

That of a room is a prepared text until somebody edits it; that of an entry is made of its fields.
"""

import re
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from core.languages.prepared import facts_of_prepared
from core.languages.texts import current_language, gettext, translatable
from forum.shapes import Post
from forum.text.sanitizer import sanitize

ROOM_BEGINS = translatable(
    "Questions and answers of “%(room)s” (%(event)s). What is asked in the room is kept here and stays answerable."
)


class Reading(Struct, frozen=True):
    """What puts the first posts of a kind of topic into the language of the reader: their HTML, and their source."""

    html: Callable[[str], str]
    source: Callable[[str], str]


# By the kind of the topic, such as an entry; filled when the process starts.
READINGS: dict[str, Reading] = {}
_PARAGRAPH = re.compile(r'<p(?: dir="rtl")?>([^\n]+)</p>\n?')


def in_language_of_reader(post: Post, kind: str) -> Post:
    """Return the first post of a topic of a kind in the language of the reader if nobody wrote it, or as it is."""
    if kind in READINGS:
        return replace(post, html=READINGS[kind].html(post.html)) if post.html else post
    html = prepared_html(post.html or "")
    if html is None:
        return post
    shown = replace(post, html=html, language=None)
    return replace(shown, body=shown_body(1, post.body)) if isinstance(post.body, str) else shown


def shown_body(number: int, body: str, kind: str = "") -> str:
    """Return the source of a post as the reader sees it, by its number in a topic of a kind: what nobody wrote in their
    language."""
    if number == 1 and kind in READINGS:
        return READINGS[kind].source(body)
    facts = facts_of_prepared(body, ROOM_BEGINS) if number == 1 else None
    return gettext(ROOM_BEGINS, **facts) if facts else body


def shown_html(number: int, html: str, kind: str = "") -> str:
    """Return the HTML of a post as the reader sees it, by its number in a topic of a kind: what nobody wrote in their
    language."""
    if number != 1:
        return html
    return READINGS[kind].html(html) if kind in READINGS else prepared_html(html) or html


def prepared_html(html: str) -> str | None:
    """Return the HTML of a first post in the language of the reader if it is a prepared text, or None."""
    paragraph = _PARAGRAPH.fullmatch(html)
    # As in the catalogues; the renderer has made entities of no-break spaces.
    facts = paragraph and facts_of_prepared(paragraph[1].replace("&nbsp;", "\u00a0"), ROOM_BEGINS)
    if not facts:
        return None
    direction = ' dir="rtl"' if current_language().direction == "rtl" else ""
    # A tag can begin in one fact and end in another, and a language can put them in another order.
    return f"<p{direction}>{sanitize(gettext(ROOM_BEGINS, **facts))}</p>\n"
