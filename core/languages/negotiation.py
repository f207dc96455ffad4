"""Which language of the interface a request prefers (RFC 9110, 12.5.4)."""

import re
from collections.abc import Container, Iterable
from functools import lru_cache

from core.languages.languages import languages

_MOST_RANGES, LONGEST_HEADER = 20, 512
_RANGE = re.compile(
    r"(?P<tag>[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:\s*;\s*q=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?",
    re.ASCII | re.I,
)
# Who prefers Traditional Chinese would rather read another language than Simplified, if the header names one.
_TRADITIONAL = re.compile(r"zh-(?:hant|tw|hk|mo)\b")


@lru_cache(maxsize=1_000)
def preferred_language(accepted: str) -> str | None:
    """Return the tag of the language of the interface that an Accept-Language header prefers, or None."""
    return preferred_of(accepted, languages())


def preferred_of(accepted: str, known: Container[str]) -> str | None:
    """Return which of these languages an Accept-Language header prefers, or None.

    Of two languages with the same quality the first wins; parts that cannot be parsed are ignored.
    """
    ranges = list(_ranges(accepted[:LONGEST_HEADER]))
    tags = [tag for quality, tag in sorted(ranges, key=lambda one: -one[0]) if quality > 0]
    exact = [tag for tag in tags if not _TRADITIONAL.match(tag)]
    for tag in [*exact, *tags]:
        for one in (tag, tag.partition("-")[0]):
            if one in known:
                return one
    return None


def _ranges(accepted: str) -> Iterable[tuple[float, str]]:
    for entry in accepted.split(",")[:_MOST_RANGES]:
        match = _RANGE.fullmatch(entry.strip())
        if match is not None:
            yield float(match["quality"] or 1), match["tag"].lower()
