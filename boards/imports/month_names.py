"""Names of months in the languages of the community (Unicode CLDR, through Babel)."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from babel import Locale

from core.text import normalize

# In Arabic, the names differ between the Gulf, the Levant and the Maghreb; German has another January in Austria.
_LANGUAGES = ("en", "es", "fr", "pt", "de", "de_AT", "ar", "ar_SY", "ar_DZ", "ar_MA")


@cache
def load_month_names() -> Mapping[str, int]:
    """Return the numbers of months by their names, full and shortened; reading them takes up to half a second."""
    numbers = defaultdict[str, set[int]](set)
    for language in _LANGUAGES:
        for number, name in _names_of(language, "months"):
            numbers[month_key(name)].add(int(number))
    numbers["sept"].add(9)
    numbers["maerz"].add(3)
    return {name: next(iter(found)) for name, found in numbers.items() if len(found) == 1}


@cache
def load_weekday_names() -> frozenset[str]:
    """Return the names of the days of the week, full and shortened."""
    return frozenset(month_key(name) for language in _LANGUAGES for _, name in _names_of(language, "days"))


def month_key(name: str) -> str:
    """Return the form of a name in which months are compared: without case, marks and a stop at its end."""
    folded = normalize("NFKD", name.casefold())
    return "".join(one for one in folded if not unicodedata.combining(one)).strip(" .\u200f\u200e")


def _names_of(language: str, kind: str) -> list[tuple[int, str]]:
    named = getattr(Locale.parse(language), kind)
    return [
        (int(number), str(name))
        for use in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in named[use][width].items()
    ]
