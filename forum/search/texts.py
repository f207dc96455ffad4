"""Texts in the search: plain text of posts, words that can be suggested for misspelled ones, and highlighted excerpts."""

import html
import re
import unicodedata
from functools import lru_cache

import nh3
from markupsafe import escape

# PostgreSQL puts these around each match. No text contains them, because posts with control characters are refused.
MATCH_START, MATCH_END = "\x02", "\x03"

_BLOCK_TAG = re.compile(
    r"</?(?:p|br|li|ul|ol|h[1-6]|td|th|tr|div|pre|blockquote|hr|dt|dd|figure|figcaption)\b"
)
_BLANK = re.compile(r"[\s\x00-\x1f\u200b]+")
_WORD = re.compile(r"[^\W\d_]{4,30}")


def plain_text(page: str) -> str:
    """Return the text of a post's HTML on one line, with a space between blocks."""
    separated = _BLOCK_TAG.sub(lambda tag: " " + tag[0], page)
    return _BLANK.sub(" ", html.unescape(nh3.clean(separated, tags=set()))).strip()


@lru_cache(16_384)
def fold(word: str) -> str:
    """Return a word in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def suggestible_words(text: str) -> set[str]:
    """Return the words of 4 to 30 letters in a text, folded; search may suggest them for misspelled words."""
    return {fold(word) for word in _WORD.findall(text)}


def highlight_matches(excerpt: str) -> str:
    """Return an excerpt as HTML: escaped, with `<mark>` around each match."""
    return str(escape(excerpt)).replace(MATCH_START, "<mark>").replace(MATCH_END, "</mark>")
