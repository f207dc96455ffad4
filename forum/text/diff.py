"""Differences between two texts, by lines and then by words, and a three-way merge of two changes of one text."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from msgspec import Struct

Kind = Literal["same", "added", "removed"]

# A changed passage with more words than this is not compared word by word, because that would take too long.
_MAX_WORDS = 4_000
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(Struct, frozen=True):
    """A passage of two compared texts: in both (`same`), only in the newer (`added`) or only in the older (`removed`)."""

    kind: Kind
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """Return the differences between two texts in order: compared by lines, and changed lines by words."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[i:j])))
        else:
            pieces += _compare_words("".join(old[i:j]), "".join(new[k:m]))
    return list(_join_neighbours(pieces))


class _Change(Struct, frozen=True):
    """Lines `start` to `end` of the original (half open) and the lines that replace them."""

    start: int
    end: int
    lines: list[str]


def merge_changes(base: str, theirs: str, mine: str) -> str | None:
    """Return `base` with both changes applied line by line, or None if they conflict.

    Two changes conflict when they touch the same or neighbouring lines and are not identical: without an unchanged line
    between them nobody can tell in which order they belong.
    """
    original = _lines(base)
    changes = sorted(
        [*_changes(original, _lines(theirs)), *_changes(original, _lines(mine))],
        key=lambda change: (change.start, change.end),
    )
    merged: list[str] = []
    done = 0
    last: _Change | None = None
    for change in changes:
        if change == last:
            continue
        if last is not None and change.start <= last.end:
            return None
        merged += original[done : change.start] + change.lines
        done, last = change.end, change
    return "".join(merged + original[done:]).removesuffix("\n")


def _lines(text: str) -> list[str]:
    # Every line ends with a line break, so that the last line of one text equals a middle line of another.
    return f"{text.removesuffix(chr(10))}\n".splitlines(keepends=True)


def _changes(original: list[str], changed: list[str]) -> Iterator[_Change]:
    for tag, i, j, k, m in SequenceMatcher(None, original, changed, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Change(i, j, changed[k:m])


def _compare_words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > _MAX_WORDS:
        yield from (Piece("removed", before), Piece("added", after))
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[i:j]))
            continue
        yield Piece("removed", "".join(old[i:j]))
        yield Piece("added", "".join(new[k:m]))


def _join_neighbours(pieces: Sequence[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if last is not None and last.kind == piece.kind:
            last = Piece(last.kind, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
