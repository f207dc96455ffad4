"""Chunks taken apart: words, runs of scripts without spaces, symbols, and the compounds that they form.

`2017/821` has two parts at two places, so that each is found alone, and both together as a phrase. A compound, such as
`chain-of-custody` or `AT&T`, is a lexeme as well, at the first and the last of its places. So are words that are joined by
their case or digits: `OpenLCA`, `ISO20400`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from forum.search.tokenizer.characters import CLASSES, INVISIBLE_SPACES
from forum.search.tokenizer.folding import fold_with_offsets, spell, unify_nasals

# Longer words are cut, in posts and queries alike: PostgreSQL has a limit of 2 kB, and nobody types them.
MAX_LENGTH = 80
# Chunks up to this length are remembered: most of them are words that come again.
_MAX_REMEMBERED = 40
_PART = re.compile(r"b(?:z*b)*|(?P<word>w+)(?P<suffix>\+\+|#(?!w))?|s")
# Where a word joins two, as typed: `openLca`, `XMLHttp` (but not `NGOs`), `ISO20400` and `25kg` (but not `CO2` and `m2`).
_SEAM = re.compile("(?<=l)(?=u)|(?<=u)(?=ull)|(?<=[lu]{2})(?=dd)|(?<=d)(?=[lu]{2})")
# From the beginning of a word and without going back: a word of 20,000 letters is looked at once.
_COMPOUND = re.compile(r"(?<!w)w++(?:(?:[-'&.,]|z++)w++)++")
_JOINTS = re.compile(r"[-'&.,]|z+")
_INVISIBLE = re.compile(f"[{INVISIBLE_SPACES}]")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'\u2019]\d{3})+")
# 1,250.50 and 1.250,50 are the number 1250.50.
_DECIMAL = re.compile(
    r"(?P<whole>\d{1,3}(?:(?P<mark>[.,'\u2019])\d{3}(?:(?P=mark)\d{3})*)?|\d+)[.,](?P<rest>\d+)"
)
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
    compounds: list[Compound] = []
    # The parts of each word by where it begins: its first and its last.
    words: dict[int, tuple[Part, Part]] = {}
    place = 0
    for found in _PART.finditer(shape):
        pieces = []
        for span in _pieces(chunk, folded, offsets[0], found):
            pieces.append(_to_part(chunk, folded, offsets, found, span, place))
            place += pieces[-1].places
        words[found.start()] = (pieces[0], pieces[-1])
        parts += pieces
        if len(pieces) > 1 and found.end("word") - found.start() <= MAX_LENGTH:
            compounds.append(
                Compound(unify_nasals(folded[slice(*found.span("word"))]), pieces[0], pieces[-1])
            )
    if len(words) > 1:
        compounds += _compounds(folded, shape, words)
    return Chunk(tuple(parts), tuple(compounds), place)


_take_apart_once = lru_cache(8_192)(_take_apart)


def _pieces(
    chunk: str, folded: str, starts: Sequence[int], found: re.Match[str]
) -> Iterator[tuple[int, int]]:
    """Yield where the words begin and end that are joined in a word by their case or digits; the last has the suffix."""
    start, end = found.span()
    if found["suffix"] == "++" and folded[end : end + 1].isalpha():
        end = found.end("word")
    if found["word"] is not None and not _is_plain(chunk[starts[start] : starts[found.end("word") - 1] + 1]):
        kinds = [_kind_of(chunk[starts[at]], folded[at]) for at in range(start, found.end("word"))]
        # What one letter is folded to stays together: Œ, ß.
        joined = (
            "l" if at and starts[start + at] == starts[start + at - 1] and one == "u" else one
            for at, one in enumerate(kinds)
        )
        for seam in _SEAM.finditer("".join(joined)):
            yield start, found.start() + seam.start()
            start = found.start() + seam.start()
    yield start, end


def _is_plain(word: str) -> bool:
    # Most words are: letters of one case, the first of which may be in upper case.
    return word.isalpha() and (len(word) < 3 or word[1:].islower() or word.isupper())


def _kind_of(character: str, folded: str) -> str:
    if "0" <= folded <= "9":
        return "d"
    return "l" if character.islower() else "u" if character.isupper() else " "


def _to_part(
    chunk: str,
    folded: str,
    offsets: Sequence[Sequence[int]],
    found: re.Match[str],
    span: tuple[int, int],
    place: int,
) -> Part:
    starts, ends = offsets
    start, end = span
    where = (starts[start], ends[end - 1])
    text = folded[start:end]
    if found["word"] is None and shape_is_run(found[0]):
        kept = tuple(at for at in range(start, end) if folded[at] not in INVISIBLE_SPACES)
        run = "".join(folded[at] for at in kept)
        return Part((run,), place, *where, run, is_run=True, starts=(*(starts[at] for at in kept), where[1]))
    has_suffix = found["word"] is not None and end > found.end("word")
    word = unify_nasals(folded[start : found.end("word")] if has_suffix else text)[:MAX_LENGTH]
    lexemes = (text[-MAX_LENGTH:], word) if has_suffix else (word,)
    return Part(lexemes, place, *where, spell(chunk[where[0] : where[1]][: 2 * MAX_LENGTH])[:MAX_LENGTH])


def shape_is_run(shape: str) -> bool:
    """Return whether a part with these classes is a run of a script without spaces."""
    return shape[0] == "b"


def _compounds(folded: str, shape: str, words: dict[int, tuple[Part, Part]]) -> Sequence[Compound]:
    made = []
    for found in _COMPOUND.finditer(shape):
        joints = list(_JOINTS.finditer(found[0]))
        lexeme = _join(folded[found.start() : found.end()], {joint[0][0] for joint in joints})
        last = words.get(found.start() + joints[-1].end())
        if lexeme and len(lexeme) <= MAX_LENGTH and last is not None:
            made.append(Compound(lexeme, words[found.start()][0], last[1]))
    return made


def _join(text: str, kinds: set[str]) -> str:
    if kinds <= {"-", "'", "z"}:
        return "".join(one for one in text if one.isalnum() or _keeps(one))
    if kinds == {"&"}:
        return text
    visible = _INVISIBLE.sub("", text)
    if _THOUSANDS.fullmatch(visible) or _LETTERS_WITH_POINTS.fullmatch(visible):
        return "".join(one for one in visible if one.isalnum())
    number = _DECIMAL.fullmatch(visible)
    if number is not None:
        return f"{''.join(filter(str.isdigit, number['whole']))}.{number['rest']}"
    return ""


def _keeps(character: str) -> bool:
    # A vowel sign is no letter for Python.
    return character.translate(CLASSES) == "w"
