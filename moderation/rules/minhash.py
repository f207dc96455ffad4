"""How alike texts are: each is known by the smallest hashes of its parts, of which those that are alike share most."""

from collections.abc import Sequence

import numpy

from core.text import POST_LENGTH
from moderation.rules.patterns import strip_invisible

# Shorter ones are alike by chance: thanks, greetings, agreement.
SHORTEST = 40
_SIZE = 32
_FEW = 4_096
_PART = 8
_FACTOR = numpy.uint64(0x9E3779B97F4A7C15)
_SHIFT = numpy.uint64(29)

Sketch = list[int]


def make_sketch(text: str) -> Sketch:
    """What a text is known by; nothing for one that is too short to say whether it is like another."""
    parts = _parts(text)
    if parts is None:
        return []
    few = numpy.partition(parts, _FEW)[:_FEW] if len(parts) > _FEW else parts
    return [int(one) for one in numpy.unique(few)[:_SIZE] >> numpy.uint64(1)]


def similarity(one: Sequence[int], other: Sequence[int]) -> int:
    """How much of both texts is the same, in percent, as far as their sketches notify."""
    if not one or not other:
        return 0
    smallest = sorted({*one, *other})[:_SIZE]
    shared = set(one) & set(other)
    return round(100 * sum(part in shared for part in smallest) / len(smallest))


def removed_share(before: str, after: str) -> int:
    """How much of a text is gone from it, in percent of its parts."""
    was, now = _parts(before, 1), _parts(after, 1)
    if was is None or now is None:
        return 0
    if len(was) > _FEW or len(now) > _FEW:
        # Of long texts one part in sixteen, the same ones in both; one that says the same again and again may have none.
        few, others = _some(was), _some(now)
        was, now = (few, others) if len(few) else (numpy.unique(was), now)
    return round(100 * (1 - float(numpy.isin(was, now).mean())))


def _parts(text: str, shortest: int = SHORTEST) -> numpy.ndarray | None:
    """The hashes of all rows of eight octets of a text, whatever the blanks between words; nothing for too short a text."""
    signs = " ".join(strip_invisible(text[:POST_LENGTH]).lower().split())
    if len(signs) < shortest:
        return None
    octets = numpy.frombuffer(signs.encode().ljust(_PART), dtype=numpy.uint8)
    # Eight octets are a number, at every octet one; mixed well, so that which are smallest has nothing to do with what
    # they say.
    rows = numpy.lib.stride_tricks.sliding_window_view(octets, _PART)
    parts = numpy.ascontiguousarray(rows).view(numpy.uint64).ravel()
    parts = parts * _FACTOR
    parts ^= parts >> _SHIFT
    parts *= _FACTOR
    return parts ^ (parts >> _SHIFT)


def _some(parts: numpy.ndarray) -> numpy.ndarray:
    return numpy.extract(parts & numpy.uint64(15) == 0, parts)
