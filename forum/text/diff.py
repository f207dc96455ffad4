"""Differences: what changed between two texts, by lines and then by words; and two changes of one text brought together."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from merge3 import Merge3
from msgspec import Struct

Kind = Literal["same", "added", "removed"]

# Above this a text is compared by lines alone: words of long texts cost too much.
_MOST_WORDS = 4_000
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(Struct, frozen=True):
    """A part of a comparison: what stayed, came or went."""

    kind: Kind
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """What became of a text: lines first, then the words inside lines that changed."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[i:j])))
        else:
            pieces += _by_words("".join(old[i:j]), "".join(new[k:m]))
    return list(_joined(pieces))


def bring_together(base: str, theirs: str, mine: str) -> str | None:
    """Both changes of a text in one, line by line; None where both have changed the same lines in different ways."""
    # The last line of one may have no end where another goes on.
    lines = [f"{text.removesuffix(chr(10))}\n".splitlines(keepends=True) for text in (base, theirs, mine)]
    merged: list[str] = []
    for part in Merge3(lines[0], lines[1], lines[2]).merge_groups():
        if part[0] == "conflict":
            return None
        merged += part[1]
    return "".join(merged).removesuffix("\n")


def _by_words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        yield from (Piece("removed", before), Piece("added", after))
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[i:j]))
            continue
        yield Piece("removed", "".join(old[i:j]))
        yield Piece("added", "".join(new[k:m]))


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    kept: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if kept is not None and kept.kind == piece.kind:
            kept = Piece(kept.kind, kept.text + piece.text)
            continue
        if kept is not None:
            yield kept
        kept = piece
    if kept is not None:
        yield kept
