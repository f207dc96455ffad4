"""Tokens: the lexemes of a text with their places, as they are indexed, searched and highlighted."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from forum.search.tokenizer.chunks import Chunk, Part, take_apart
from forum.search.tokenizer.segmentation import word_starts
from forum.search.tokenizer.stemming import stems

# Raise this number when a text gets other lexemes than before: all posts are then indexed again, in the background.
TOKENIZER_VERSION = 4

_CHUNK = re.compile(r"\S+")


class Token(NamedTuple):
    """A lexeme at a place of a text, which it has from `start` to `end`.

    It is strong if it is a word as it is written, or a bigram at the beginning of a word.
    """

    lexeme: str
    place: int
    is_strong: bool
    start: int
    end: int


def tokenize(text: str, language: str) -> Iterator[Token]:
    """Yield the tokens of a text that is written in this language (ISO 639-1); the first place is 1."""
    place = 1
    for found in _CHUNK.finditer(text):
        chunk = take_apart(found[0])
        yield from _tokens_of(chunk, place, found.start(), language)
        place += chunk.places


def _tokens_of(chunk: Chunk, place: int, start: int, language: str) -> Iterator[Token]:
    for part in chunk.parts:
        at = place + part.place
        if part.is_run:
            yield from _tokens_of_run(part, at, start)
            continue
        for lexeme in part.lexemes:
            yield Token(lexeme, at, True, start + part.start, start + part.end)
        for stemmed in stems(part.lexemes[-1], part.spelled, language):
            yield Token(stemmed, at, False, start + part.start, start + part.end)
    for compound in chunk.compounds:
        where = (start + compound.first.start, start + compound.last.end)
        for at in (place + compound.first.place, place + compound.last.place):
            yield Token(compound.lexeme, at, True, *where)
            for stemmed in stems(compound.lexeme, compound.lexeme, language):
                yield Token(stemmed, at, False, *where)


def _tokens_of_run(run: Part, place: int, start: int) -> Iterator[Token]:
    text = run.lexemes[0]
    begins = word_starts(text)
    for at in range(len(text)):
        # The last character stands alone, so that a query of one character can ask for all lexemes that begin with it.
        end = min(at + 2, len(text))
        yield Token(text[at:end], place + at, at in begins, start + run.starts[at], start + run.starts[end])
