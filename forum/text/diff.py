"""Differences between two texts, by lines and then by words, and a three-way merge of two changes of one text.

The longest common subsequence is found by rapidfuzz, bit-parallel (Hyyrö 2004). The matcher of Python's standard library
takes seconds for two texts of a thousand lines or words that repeat, and minutes for the longest ones.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from rapidfuzz.distance import LCSseq

Kind = Literal["same", "added", "removed"]

# Two passages are compared up to this product of their numbers of lines or words (20 ms); larger ones count as replaced.
_MAX_COMPARISONS = 60_000_000
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(Struct, frozen=True):
    """A passage of two compared texts: in both (`same`), only in the newer (`added`) or only in the older (`removed`)."""

    kind: Kind
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """Return the differences between two texts in order: compared by lines, and changed lines by words."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for is_same, i, j, k, m in _align(old, new):
        if is_same:
            pieces.append(Piece("same", "".join(old[i:j])))
        else:
            pieces += _compare_words("".join(old[i:j]), "".join(new[k:m]))
    return list(_join_neighbours(pieces))


def compare_versions(texts: Sequence[str]) -> list[list[Piece]]:
    """Return the differences between each text and the next, which is the older one; one list less than there are texts."""
    return [compare(older, newer) for newer, older in pairwise(texts)]


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
    for is_same, i, j, k, m in _align(original, changed):
        if not is_same:
            yield _Change(i, j, changed[k:m])


def _compare_words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    for is_same, i, j, k, m in _join_over_space(_align(old, new), old):
        if is_same:
            yield Piece("same", "".join(old[i:j]))
            continue
        yield Piece("removed", "".join(old[i:j]))
        yield Piece("added", "".join(new[k:m]))


# Whether a run of two token lists is the same, and its bounds in the older list and in the newer one (half open).
_Run = tuple[bool, int, int, int, int]


def _align(old: Sequence[str], new: Sequence[str]) -> Iterator[_Run]:
    start, end = _common_ends(old, new)
    if start:
        yield True, 0, start, 0, start
    yield from _align_different(old, new, start, end)
    if end:
        yield True, len(old) - end, len(old), len(new) - end, len(new)


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    # The numbers of equal tokens at the start and, of the rest, at the end.
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def _align_different(old: Sequence[str], new: Sequence[str], start: int, end: int) -> Iterator[_Run]:
    i, k = start, start
    last_old, last_new = len(old) - end, len(new) - end
    if (last_old - start) * (last_new - start) <= _MAX_COMPARISONS:
        # Numbers, because the library compares hashes, which could be equal for different words.
        ids: dict[str, int] = {}
        first = [ids.setdefault(token, len(ids)) for token in old[start:last_old]]
        second = [ids.setdefault(token, len(ids)) for token in new[start:last_new]]
        for found in LCSseq.opcodes(first, second):
            if found.tag != "equal":
                continue
            same_old, same_new = start + found.src_start, start + found.dest_start
            if (i, k) != (same_old, same_new):
                yield False, i, same_old, k, same_new
            i, k = start + found.src_end, start + found.dest_end
            yield True, same_old, i, same_new, k
    if i < last_old or k < last_new:
        yield False, i, last_old, k, last_new


def _join_over_space(runs: Iterator[_Run], old: Sequence[str]) -> Iterator[_Run]:
    # A single space between two replaced words is shown as replaced with them, so that a sentence stays readable.
    held: _Run | None = None
    space: _Run | None = None
    for run in runs:
        is_same, i, j, _, m = run
        if held is not None and space is not None and not is_same:
            held, space = (False, held[1], j, held[3], m), None
        elif held is not None and space is None and is_same and "".join(old[i:j]).isspace():
            space = run
        else:
            yield from (one for one in (held, space) if one is not None)
            held, space = (run, None) if not is_same else (None, None)
            if is_same:
                yield run
    yield from (one for one in (held, space) if one is not None)


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
