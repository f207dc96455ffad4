"""Numbers, dates and lists as a language writes them, from the data of CLDR; Latin digits in all of our languages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from babel.dates import format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal

from core.languages.languages import Language

ListStyle = Literal["standard", "or", "unit"]
# From here on, some language groups the digits.
_GROUPED = 1_000


def gap_in(language: Language) -> str:
    """Return what stands between two sentences, or before a bracket: a blank, and nothing in Chinese and Japanese, whose
    signs bring the room along."""
    return "" if language.locale.language in ("zh", "ja") else " "


def number_in(language: Language, number: float) -> str:
    """Return a number with the separators of the language, such as "12 500"."""
    if isinstance(number, int) and 0 <= number < _GROUPED:
        return str(number)
    return str(format_decimal(number, locale=language.locale))


def typed_number_in(language: Language, number: float) -> str:
    """Return a number that somebody typed, with the decimal sign of the language: not rounded, and not grouped, since it can
    be a year."""
    return str(
        format_decimal(number, locale=language.locale, decimal_quantization=False, group_separator=False)
    )


@lru_cache(maxsize=4_000)
def _day(language: Language, day: tuple[int, int, int], skeleton: str) -> str:
    return str(format_skeleton(skeleton, datetime(*day, tzinfo=UTC), tzinfo=UTC, locale=language.locale))


def day_in(language: Language, at: datetime, skeleton: str = "yMMMd") -> str:
    """Return the day in UTC by a skeleton of CLDR: `yMMMd` is "3 May 2026", `MMMEd` is "Sun 3 May"."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return _day(language, (at.year, at.month, at.day), skeleton)


def list_in(language: Language, parts: Sequence[str], style: ListStyle = "standard") -> str:
    """Return a list in words, such as "a, b and c" or "a, b or c"; the style "unit" is without words: "a, b, c"."""
    if style == "unit":
        # The data of CLDR for this style have no commas in Chinese, and Babel lacks them in German and Spanish.
        between: str = language.locale.list_patterns["standard"]["start"]
        return between.removeprefix("{0}").removesuffix("{1}").join(parts)
    return str(format_list(list(parts), style=style, locale=language.locale))


def ago_in(language: Language, minutes: int) -> str:
    """Return how long ago something was, in its largest unit, such as "3 minutes ago" or "9 days ago"."""
    return str(
        format_timedelta(
            -timedelta(minutes=minutes),
            granularity="minute",
            threshold=1,
            add_direction=True,
            locale=language.locale,
        )
    )
