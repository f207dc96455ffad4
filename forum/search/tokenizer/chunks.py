"""Chunks taken apart: words, runs of scripts without spaces, symbols, and the compounds that they form.

`2017/821` has two parts at two places, so that each is found alone, and both together as a phrase. A compound, such as
`chain-of-custody` or `AT&T`, is a lexeme as well, at the first and the last of its places.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from forum.search.tokenizer.characters import CLASSES, INVISIBLE_SPACES
from forum.search.tokenizer.folding import fold_with_offsets, spell, unify_nasals

# Longer words are cut, in posts and queries alike: PostgreSQL has a limit of 2 kB, and nobody types them.
MAX_LENGTH = 80
# Chunks up to this length are remembered: most of them are words that come again.
_MAX_REMEMBERED = 40
_PART = re.compile(r"b(?:z*b)*|(?P<word>w+)(?P<suffix>\+\+(?!w)|#(?!w))?|s")
# From the beginning of a word and without going back: a word of 20,000 letters is looked at once.
_COMPOUND = re.compile(r"(?<!w)w++(?:(?:[-'&.,]|z++)w++)++")
_JOINTS = re.compile(r"[-'&.,]|z+")
_INVISIBLE = re.compile(f"[{INVISIBLE_SPACES}]")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'\u2019]\d{3})+")
_LETTERS_WITH_POINTS = re.compile(r"[^\W\d](?:\.[^\W\d])+")


class Part(Struct, frozen=True):
    """A part of a chunk: its lexemes, its place among the places of the chunk, and where it is in the text.

    `spelled` is a word with its accents. A run of a script without spaces has a place for each of its characters, and
    `starts` says where they are; other parts have one place.
    """

    lexemes: tuple[str, ...]
    place: int
    start: int
    end: int
    spelled: str = ""
    is_run: bool = False
    starts: tuple[int, ...] = ()

    @property
    def places(self) -> int:
        """How many places the part takes."""
        return len(self.lexemes[0]) if self.is_run else 1


class Compound(Struct, frozen=True):
    """A lexeme made of several parts, at the place of the first and of the last of them."""

    lexeme: str
    first: Part
    last: Part


class Chunk(Struct, frozen=True):
    """A chunk taken apart; `places` is how many places it takes."""

    parts: tuple[Part, ...]
    compounds: tuple[Compound, ...]
    places: int


def take_apart(chunk: str) -> Chunk:
    """Return the parts and compounds of a chunk; places and offsets begin with 0."""
    return _take_apart_once(chunk) if len(chunk) <= _MAX_REMEMBERED else _take_apart(chunk)


def _take_apart(chunk: str) -> Chunk:
    folded, *offsets = fold_with_offsets(chunk)
    shape = folded.translate(CLASSES)
    parts: list[Part] = []
    begins: dict[int, Part] = {}
    place = 0
    for found in _PART.finditer(shape):
        part = _to_part(chunk, folded, offsets, found, place)
        begins[found.start()] = part
        parts.append(part)
        place += part.places
    compounds = tuple(_compounds(folded, shape, begins)) if len(parts) > 1 else ()
    return Chunk(tuple(parts), compounds, place)


_take_apart_once = lru_cache(8_192)(_take_apart)


def _to_part(
    chunk: str, folded: str, offsets: Sequence[Sequence[int]], found: re.Match[str], place: int
) -> Part:
    starts, ends = offsets
    start, end = found.span()
    where = (starts[start], ends[end - 1])
    text = folded[start:end]
    if found["word"] is None and shape_is_run(found[0]):
        kept = tuple(at for at in range(start, end) if folded[at] not in INVISIBLE_SPACES)
        run = "".join(folded[at] for at in kept)
        return Part((run,), place, *where, run, is_run=True, starts=(*(starts[at] for at in kept), where[1]))
    word = unify_nasals(text if found["suffix"] is None else folded[start : found.end("word")])[:MAX_LENGTH]
    lexemes = (word,) if found["suffix"] is None else (text[-MAX_LENGTH:], word)
    return Part(lexemes, place, *where, spell(chunk[where[0] : where[1]][: 2 * MAX_LENGTH])[:MAX_LENGTH])


def shape_is_run(shape: str) -> bool:
    """Return whether a part with these classes is a run of a script without spaces."""
    return shape[0] == "b"


def _compounds(folded: str, shape: str, begins: dict[int, Part]) -> Sequence[Compound]:
    made = []
    for found in _COMPOUND.finditer(shape):
        joints = list(_JOINTS.finditer(found[0]))
        lexeme = _join(folded[found.start() : found.end()], {joint[0][0] for joint in joints})
        last = begins.get(found.start() + joints[-1].end())
        if lexeme and len(lexeme) <= MAX_LENGTH and last is not None:
            made.append(Compound(lexeme, begins[found.start()], last))
    return made


def _join(text: str, kinds: set[str]) -> str:
    if kinds <= {"-", "'", "z"}:
        return "".join(one for one in text if one.isalnum() or _keeps(one))
    if kinds == {"&"}:
        return text
    visible = _INVISIBLE.sub("", text)
    if _THOUSANDS.fullmatch(visible) or _LETTERS_WITH_POINTS.fullmatch(visible):
        return "".join(one for one in visible if one.isalnum())
    return ""


def _keeps(character: str) -> bool:
    # A vowel sign is no letter for Python.
    return character.translate(CLASSES) == "w"
