"""The first post of a room that its host did not write: each reader sees it in their language until somebody edits it."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from core.languages.prepared import facts_of_prepared
from core.languages.texts import current_language, gettext, translatable
from forum.shapes import Post
from forum.text.sanitizer import sanitize

ROOM_BEGINS = translatable(
    "Questions and answers of “%(room)s” (%(event)s). What is asked in the room is kept here and stays answerable."
)
# What puts the first posts of a kind of topic into the language of the reader, such as the texts of entries; filled when
# the process starts.
READERS: dict[str, Callable[[str], str]] = {}
_PARAGRAPH = re.compile(r'<p(?: dir="rtl")?>([^\n]+)</p>\n?')


def in_language_of_reader(post: Post) -> Post:
    """Return a first post in the language of the reader if it is a prepared text, or as it is."""
    html = prepared_html(post.html or "")
    if html is None:
        return post
    shown = replace(post, html=html, language=None)
    return replace(shown, body=shown_body(1, post.body)) if isinstance(post.body, str) else shown


def shown_body(number: int, body: str) -> str:
    """Return the source of a post of a topic, by its number: a prepared text in the language of the reader."""
    facts = facts_of_prepared(body, ROOM_BEGINS) if number == 1 else None
    return gettext(ROOM_BEGINS, **facts) if facts else body


def shown_html(number: int, html: str, kind: str = "") -> str:
    """Return the HTML of a post as the reader sees it, by its number in a topic of a kind: a prepared text in their
    language."""
    if number != 1:
        return html
    return READERS[kind](html) if kind in READERS else prepared_html(html) or html


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
