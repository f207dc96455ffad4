"""Looking for a pattern in a text within bounds: RE2, a text in pieces, and an end when it has taken too long."""

import re
import time
import unicodedata
from functools import lru_cache
from typing import Any

import re2
from msgspec import Struct

from core.errors import Invalid
from moderation.shapes_matches import Passage

# What one search may take, in seconds of the processor: what is not looked through then is for people to look at.
BUDGET = 0.003
# A program of more steps could take longer than that for a single piece.
LARGEST_PROGRAM = 3_000
_MEMORY = 1 << 20
_LARGE_PROGRAM = 1_000
# How much of a text is looked at in one go, and how much of that again in the next.
_PIECE, _OVERLAP = 400, 200
_SMALL_PIECE = 100
_AROUND = 60
_MOST = 3
# Soft hyphens, signs of no width, of direction and of variants, and blank letters.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Scripts that write words together: a phrase in them is found anywhere.
_UNPARTED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class PatternUnusable(Invalid):
    """RE2 does not take the pattern, or it would take too long."""

    message = "This pattern cannot be used."


class SearchResult(Struct, frozen=True):
    """Where something was found; or that looking for it was given up."""

    spans: list[tuple[int, int]]
    gave_up: bool = False


@lru_cache(256)
def compile_pattern(pattern: str) -> Any:
    """A pattern ready to be used, or `PatternUnusable` with RE2's reason."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = False
    options.max_mem = _MEMORY
    try:
        made = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternUnusable(f"This pattern cannot be used: {_reason(error)}.", field="pattern") from error
    if made.programsize > LARGEST_PROGRAM:
        raise PatternUnusable(
            "This pattern is too large: it would take too long to look for.", field="pattern"
        )
    if made.search("") is not None:
        raise PatternUnusable("This pattern matches everything.", field="pattern")
    return made


def search_pattern(pattern: str, text: str) -> SearchResult:
    """The first places where a pattern matches; what is longer than a hundred signs may be missed."""
    wanted, deadline = compile_pattern(pattern), time.thread_time() + BUDGET
    spans: list[tuple[int, int]] = []
    piece, overlap = (
        (_PIECE, _OVERLAP) if wanted.programsize <= _LARGE_PROGRAM else (_SMALL_PIECE, _SMALL_PIECE)
    )
    for start in range(0, max(len(text), 1), piece):
        if time.thread_time() > deadline:
            return SearchResult(spans, gave_up=not spans)
        found = wanted.search(text[start : start + piece + overlap])
        if found is not None and found.end() > found.start():
            spans.append((start + found.start(), start + found.end()))
            if len(spans) == _MOST:
                break
    return SearchResult(spans)


def search_phrases(phrases: list[str], text: str) -> SearchResult:
    """The first places of any of these phrases, given as `normalize` makes them, in a text that is so too."""
    deadline = time.thread_time() + BUDGET
    spans: list[tuple[int, int]] = []
    for phrase in phrases:
        at = text.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            if _is_apart(text, at, end):
                spans.append((at, end))
                break
            at = text.find(phrase, end)
            if time.thread_time() > deadline:
                break
        if len(spans) == _MOST:
            break
        if time.thread_time() > deadline:
            return SearchResult(spans, gave_up=not spans)
    return SearchResult(sorted(spans))


def normalize(text: str) -> str:
    """A text as phrases are looked for in it: one way of writing each sign, no capitals, nothing invisible."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", strip_invisible(text)).casefold()


def strip_invisible(text: str) -> str:
    """A text without the signs that nobody sees."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def cut_passage(text: str, start: int, end: int) -> Passage:
    """A passage with a few words on both sides."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return Passage(before, text[start:end][:200], after)


def _is_apart(text: str, start: int, end: int) -> bool:
    if _UNPARTED.search(text, start, end):
        return True
    return not (_is_letter(text[start - 1 : start]) and _is_letter(text[start])) and not (
        _is_letter(text[end : end + 1]) and _is_letter(text[end - 1])
    )


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
