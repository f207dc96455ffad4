"""Searching phrases and patterns within bounds: RE2, texts in pieces, and a time limit."""

import re
import time
from functools import lru_cache
from typing import Any

import re2
from msgspec import Struct

from core.errors import Invalid
from core.languages.texts import translatable
from core.text import normalize as unicode_form
from core.visible import strip_invisible
from moderation.shapes_matches import Passage

# CPU seconds for one search. A text that cannot be searched in this time is left to a person.
BUDGET = 0.003
# A compiled pattern with more steps could exceed the time limit within a single piece.
MAX_PROGRAM_SIZE = 3_000
_MAX_MEMORY = 1 << 20
_LARGE_PROGRAM_SIZE = 1_000
# The length of the pieces that are searched, and by how much they overlap.
_PIECE, _OVERLAP = 400, 200
_SMALL_PIECE = 100
_CONTEXT_LENGTH = 60
_MAX_SPANS = 3
# Scripts without spaces between words: a phrase in them is found anywhere.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class PatternUnusable(Invalid):
    """RE2 does not accept the pattern, or searching for it would take too long."""

    message = translatable("This pattern cannot be used.")


class SearchResult(Struct, frozen=True):
    """The positions of matches. `gave_up` is true if the time limit was reached without a match."""

    spans: list[tuple[int, int]]
    gave_up: bool = False


@lru_cache(256)
def compile_pattern(pattern: str) -> Any:
    """Return a compiled pattern; raise PatternUnusable with RE2's message."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = False
    options.max_mem = _MAX_MEMORY
    try:
        made = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternUnusable(
            # NOTE: The reason is a message of the library RE2, in English.
            translatable("This pattern cannot be used: %(why)s."),
            field="pattern",
            why=_re2_message(error),
        ) from error
    if made.programsize > MAX_PROGRAM_SIZE:
        raise PatternUnusable(
            translatable("This pattern is too complex: searching for it would take too long."),
            field="pattern",
        )
    if made.search("") is not None:
        raise PatternUnusable(translatable("This pattern matches everything."), field="pattern")
    return made


def search_pattern(pattern: str, text: str) -> SearchResult:
    """Return the first positions at which a pattern matches. Matches longer than 100 characters may be missed."""
    wanted, deadline = compile_pattern(pattern), time.thread_time() + BUDGET
    spans: list[tuple[int, int]] = []
    piece, overlap = (
        (_PIECE, _OVERLAP) if wanted.programsize <= _LARGE_PROGRAM_SIZE else (_SMALL_PIECE, _SMALL_PIECE)
    )
    for start in range(0, max(len(text), 1), piece):
        if time.thread_time() > deadline:
            return SearchResult(spans, gave_up=not spans)
        found = wanted.search(text[start : start + piece + overlap])
        if found is not None and found.end() > found.start():
            spans.append((start + found.start(), start + found.end()))
            if len(spans) == _MAX_SPANS:
                break
    return SearchResult(spans)


def search_phrases(phrases: list[str], text: str) -> SearchResult:
    """Return the first positions of these phrases as whole words. Phrases and text must be normalized by `normalize`."""
    deadline = time.thread_time() + BUDGET
    spans: list[tuple[int, int]] = []
    for phrase in phrases:
        at = text.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            if _is_whole_word(text, at, end):
                spans.append((at, end))
                break
            at = text.find(phrase, end)
            if time.thread_time() > deadline:
                break
        if len(spans) == _MAX_SPANS:
            break
        if time.thread_time() > deadline:
            return SearchResult(spans, gave_up=not spans)
    return SearchResult(sorted(spans))


def normalize(text: str) -> str:
    """Return a text in the form in which phrases are searched: NFKC, case-folded, without invisible characters."""
    if text.isascii():
        return text.lower()
    return unicode_form("NFKC", strip_invisible(text)).casefold()


def cut_passage(text: str, start: int, end: int) -> Passage:
    """Return a match with up to 60 characters of context on both sides."""
    before, after = text[max(0, start - _CONTEXT_LENGTH) : start], text[end : end + _CONTEXT_LENGTH]
    return Passage(before, text[start:end][:200], after)


def _is_whole_word(text: str, start: int, end: int) -> bool:
    if _UNSPACED.search(text, start, end):
        return True
    return not (_is_letter(text[start - 1 : start]) and _is_letter(text[start])) and not (
        _is_letter(text[end : end + 1]) and _is_letter(text[end - 1])
    )


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _re2_message(error: Exception) -> str:
    message = error.args[0] if error.args else ""
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
