"""Texts: what a post says in plain words, which of them are kept for who mistypes one, and how a passage is shown."""

import html
import re
import unicodedata
from functools import lru_cache

import nh3
from markupsafe import escape

# What PostgreSQL puts around what fits; in no text, as posts take no control characters.
OPENED, CLOSED = "\x02", "\x03"

_BREAK = re.compile(r"</?(?:p|br|li|ul|ol|h[1-6]|td|th|tr|div|pre|blockquote|hr|dt|dd|figure|figcaption)\b")
_BLANK = re.compile(r"[\s\x00-\x1f\u200b]+")
_WORD = re.compile(r"[^\W\d_]{4,30}")


def plain_text(page: str) -> str:
    """The plain text of a post's HTML, in one line."""
    apart = _BREAK.sub(lambda found: " " + found[0], page)
    return _BLANK.sub(" ", html.unescape(nh3.clean(apart, tags=set()))).strip()


@lru_cache(16_384)
def fold(word: str) -> str:
    """A word without case and accents."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def suggestible_words(text: str) -> set[str]:
    """The words of a text that somebody may mistype, folded."""
    return {fold(word) for word in _WORD.findall(text)}


def highlight_matches(passage: str) -> str:
    """A passage as HTML: escaped, what fits in `mark`."""
    return str(escape(passage)).replace(OPENED, "<mark>").replace(CLOSED, "</mark>")
