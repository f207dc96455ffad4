"""How alike texts are: each is known by the smallest hashes of its parts, of which those that are alike share most."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy

from moderation.rules.searching import plain

# Shorter ones are alike by chance: thanks, greetings, agreement.
SHORTEST = 40
_SIZE = 32
_PART = 8
_BLANKS = re.compile(r"\W+")
_WORD = re.compile(r"\w+")
_FACTOR = numpy.uint64(0x9E3779B97F4A7C15)
_SHIFT = numpy.uint64(29)

Sketch = list[int]


def sketch(text: str) -> Sketch:
    """What a text is known by; nothing for one that is too short to say whether it is like another."""
    signs = _BLANKS.sub(" ", plain(text)).strip()
    if len(signs) < SHORTEST:
        return []
    octets = numpy.frombuffer(signs.encode(), dtype=numpy.uint8).astype(numpy.uint64)
    count = len(octets) - _PART + 1
    parts = numpy.zeros(count, dtype=numpy.uint64)
    for step in range(_PART):
        parts = (parts << numpy.uint64(8)) | octets[step : step + count]
    # Eight octets are the number; mixed well, so that which are smallest has nothing to do with what they say.
    parts *= _FACTOR
    parts ^= parts >> _SHIFT
    parts *= _FACTOR
    parts ^= parts >> _SHIFT
    unlike = numpy.unique(parts)[:_SIZE] >> numpy.uint64(1)
    return [int(one) for one in unlike]


def likeness(one: Sequence[int], other: Sequence[int]) -> int:
    """How much of both texts is the same, in percent, as far as their sketches tell."""
    if not one or not other:
        return 0
    smallest = sorted({*one, *other})[:_SIZE]
    shared = set(one) & set(other)
    return round(100 * sum(part in shared for part in smallest) / len(smallest))


def gone(before: str, after: str) -> int:
    """How much of a text is gone from it, in percent of its words."""
    was, now = (Counter(_WORD.findall(plain(text))) for text in (before, after))
    count = was.total()
    return round(100 * (was - now).total() / count) if count else 0
