"""Texts in the search: plain text of posts, and words that can be suggested for misspelled ones."""

import html
import re

import nh3

from forum.search.tokenizer.characters import CLASSES, UNSPACED
from forum.search.tokenizer.folding import fold

_BLOCK_TAG = re.compile(
    r"</?(?:p|br|li|ul|ol|h[1-6]|td|th|tr|div|pre|blockquote|hr|dt|dd|figure|figcaption)\b"
)
_BLANK = re.compile(r"[\s\x00-\x1f]+")
_ADDRESS = re.compile(r'href="(https?://[^"]+)"')
_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]{4,30}(?![^\W\d_])")


def plain_text(page: str) -> str:
    """Return the text of a post's HTML on one line, with a space between blocks."""
    separated = _BLOCK_TAG.sub(lambda tag: " " + tag[0], page)
    return _BLANK.sub(" ", html.unescape(nh3.clean(separated, tags=set()))).strip()


def indexed_text(page: str) -> str:
    """Return the text by which a post's HTML is found: what is read, and the addresses of its links."""
    text = plain_text(page)
    addresses = dict.fromkeys(html.unescape(address) for address in _ADDRESS.findall(page))
    return " ".join([text, *(address for address in addresses if address not in text)])


def suggestible_words(text: str) -> set[str]:
    """Return the words of 4 to 30 letters in a text, folded; search may suggest them for misspelled words."""
    # Words of scripts without spaces cannot be told from their neighbours.
    return {word for word in _WORD.findall(fold(text)) if UNSPACED not in word.translate(CLASSES)}
