"""Similarity of texts by MinHash: each text is represented by the smallest hashes of its shingles (rows of eight bytes),
of which similar texts share most."""

from collections.abc import Sequence

import numpy

from core.text import POST_LENGTH
from core.visible import strip_invisible

# Shorter texts are similar by chance: thanks, greetings, agreement.
MIN_LENGTH = 40
_SKETCH_SIZE = 32
_MAX_SHINGLES = 4_096
_SHINGLE_BYTES = 8
_FACTOR = numpy.uint64(0x9E3779B97F4A7C15)
_SHIFT = numpy.uint64(29)

Sketch = list[int]


def make_sketch(text: str) -> Sketch:
    """Return the sketch of a text: its 32 smallest shingle hashes. It is empty for a text that is too short to
    compare."""
    hashes = _hash_shingles(text)
    if hashes is None:
        return []
    smallest = (
        numpy.partition(hashes, _MAX_SHINGLES)[:_MAX_SHINGLES] if len(hashes) > _MAX_SHINGLES else hashes
    )
    return [int(value) for value in numpy.unique(smallest)[:_SKETCH_SIZE] >> numpy.uint64(1)]


def similarity(first: Sequence[int], second: Sequence[int]) -> int:
    """Return the estimated similarity of two texts in percent, from their sketches."""
    if not first or not second:
        return 0
    smallest = sorted({*first, *second})[:_SKETCH_SIZE]
    shared = set(first) & set(second)
    return round(100 * sum(value in shared for value in smallest) / len(smallest))


def removed_share(before: str, after: str) -> int:
    """Return how much of the earlier text is missing in the later one, in percent of its shingles."""
    was, now = _hash_shingles(before, 1), _hash_shingles(after, 1)
    if was is None or now is None:
        return 0
    if len(was) > _MAX_SHINGLES or len(now) > _MAX_SHINGLES:
        # Long texts are compared by one hash in sixteen, the same ones in both. A text that repeats itself may have none.
        sample, other = _sample(was), _sample(now)
        was, now = (sample, other) if len(sample) else (numpy.unique(was), now)
    return round(100 * (1 - float(numpy.isin(was, now).mean())))


def _hash_shingles(text: str, min_length: int = MIN_LENGTH) -> numpy.ndarray | None:
    """Return the hashes of all rows of eight bytes of a text, without regard to white space and case; None for a text
    that is too short."""
    signs = " ".join(strip_invisible(text[:POST_LENGTH]).lower().split())
    if len(signs) < min_length:
        return None
    octets = numpy.frombuffer(signs.encode().ljust(_SHINGLE_BYTES), dtype=numpy.uint8)
    # Each row of eight bytes is read as a number and mixed, so that the smallest hashes are a random sample of the rows.
    rows = numpy.lib.stride_tricks.sliding_window_view(octets, _SHINGLE_BYTES)
    hashes = numpy.ascontiguousarray(rows).view(numpy.uint64).ravel()
    hashes = hashes * _FACTOR
    hashes ^= hashes >> _SHIFT
    hashes *= _FACTOR
    return hashes ^ (hashes >> _SHIFT)


def _sample(hashes: numpy.ndarray) -> numpy.ndarray:
    return numpy.extract(hashes & numpy.uint64(15) == 0, hashes)
