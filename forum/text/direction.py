"""Text direction of each block of safe HTML: of paragraphs, headings, list items, table cells and captions on their own.

A block is written in the direction of its first strong character (Unicode UAX #9, rules P2 and P3), not counting code,
addresses, paths, mentions and symbols: an Arabic paragraph that begins with a file name is Arabic. A list, table or
quotation has the direction of its first item. HTML without any right-to-left character stays as it is.
"""

import re
import unicodedata
from typing import Literal

from msgspec import Struct

from forum.text.sanitizer import split_at_tags

Direction = Literal["ltr", "rtl"]

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_TAG_NAME = re.compile(r"</?([a-z][a-z0-9]*)")
_TEXT_BLOCKS = frozenset({"p", "li", "td", "th", "h3", "h4", "h5", "h6", "summary", "figcaption"})
_CONTAINERS = frozenset({"ul", "ol", "table", "blockquote", "details", "section", "div", "figure"})
_ROWS = frozenset({"thead", "tbody", "tr"})
_BLOCKS = _TEXT_BLOCKS | _CONTAINERS | _ROWS
_NOT_COUNTED = frozenset({"code", "pre", "sup"})
_ENTITY = re.compile(r"&#?\w{1,8};")
_WORD = re.compile(r"[^\s,;()\[\]\u060c\u061b]+")
_ADDRESS_OR_PATH = re.compile(r"[a-z][a-z0-9+.-]{1,20}://|www\.|\.{0,2}/|~/|mailto:|[^@＠]*[@＠]|#\d", re.I)
_ADDRESS_LINK = re.compile(r"https?://|www\.|mailto:|[^\s@]+@[^\s@]+$", re.I)
_PLACEHOLDER = '<blockquote class="quote"'


class _Block(Struct):
    """An open or closed element: where its tag is, its parent, and its direction once it is known."""

    name: str
    at: int
    parent: "_Block | None"
    direction: Direction | None = None


def set_directions(page: str) -> str:
    """Return safe HTML with a `dir` attribute on each block whose direction differs from that of its parent block.

    Code, addresses and mentions are always left to right.
    """
    if not _RIGHT_TO_LEFT.search(page):
        return page
    parts = split_at_tags(page)
    blocks = _read_blocks(parts)
    _fill_gaps([block for block in blocks if block.parent is None])
    for block in blocks:
        if block.direction and block.direction != _inherited(block):
            parts[block.at] = _with_direction(parts[block.at], block.direction)
    return "".join(parts)


def direction_of(text: str) -> Direction | None:
    """Return the direction of a plain text, or None if it has no strong character outside of addresses and paths."""
    for word in _WORD.finditer(_ENTITY.sub(" ", text)):
        if _ADDRESS_OR_PATH.match(word[0]):
            continue
        for character in word[0]:
            strength = unicodedata.bidirectional(character)
            if strength in ("R", "AL"):
                return "rtl"
            # Flags and circled letters are symbols, although Unicode gives them a direction.
            if strength == "L" and unicodedata.category(character) != "So" and character != "\u2139":
                return "ltr"
    return None


def _read_blocks(parts: list[str]) -> list[_Block]:
    # Returns the block elements in the order of their opening tags. Code, addresses and mentions get their direction here.
    blocks: list[_Block] = []
    current: _Block | None = None
    enclosing, is_address = 0, False
    for i, part in enumerate(parts):
        if i % 2 == 0:
            if current is not None and current.direction is None and not enclosing and not is_address:
                _decide(current, direction_of(part))
            continue
        name, is_end = _name_of(part), part.startswith("</")
        if name in _NOT_COUNTED:
            if not enclosing and name != "sup":
                parts[i] = _with_direction(part, "ltr")
            enclosing += -1 if is_end else 1
        elif name == "a":
            is_address = not is_end and _is_left_to_right(part, parts[i + 1])
            parts[i] = _with_direction(part, "ltr") if is_address else part
        elif name in _BLOCKS and is_end:
            current = current.parent if current else None
        elif name in _BLOCKS:
            current = _Block(name, i, current)
            blocks.append(current)
    return [
        block for block in blocks if block.name not in _ROWS and not parts[block.at].startswith(_PLACEHOLDER)
    ]


def _decide(block: _Block, direction: Direction | None) -> None:
    # The first text of a block decides about it, and about the blocks around it that have no earlier text.
    at: _Block | None = block
    while direction and at is not None and at.direction is None:
        at.direction = direction
        at = at.parent


def _fill_gaps(blocks: list[_Block]) -> None:
    # A block of numbers and signs alone has the direction of the block before it, at the beginning of that after it.
    before: Direction | None = next((block.direction for block in blocks if block.direction), None)
    for block in blocks:
        block.direction = before = block.direction or before


def _inherited(block: _Block) -> Direction | None:
    parent = block.parent
    while parent is not None and parent.name in _ROWS:
        parent = parent.parent
    return parent.direction if parent is not None else None


def _is_left_to_right(tag: str, text: str) -> bool:
    # A link to a topic of this site may be shown with the title of the topic, which has a direction of its own.
    is_address = 'href="/t/' not in tag and _ADDRESS_LINK.match(text) is not None
    return is_address or 'class="mention"' in tag or text.startswith(("@", "＠"))


def _name_of(tag: str) -> str:
    found = _TAG_NAME.match(tag)
    return found[1] if found else ""


def _with_direction(tag: str, direction: Direction) -> str:
    # Before `rel`, where the sanitizer leaves it.
    head, rel, rest = tag.partition(' rel="')
    if rel:
        return f'{head} dir="{direction}"{rel}{rest}'
    return f'{tag[:-1]} dir="{direction}">'
