"""Names of months in the languages of the community (Unicode CLDR, through Babel)."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from babel import Locale

_LANGUAGES = ("en", "es", "fr", "pt", "de", "ar")


@cache
def load_month_names() -> Mapping[str, int]:
    """Return the numbers of months by their names, full and shortened; reading them takes up to half a second."""
    numbers = defaultdict[str, set[int]](set)
    for language in _LANGUAGES:
        months = Locale.parse(language).months
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[use][width].items():
                    numbers[month_key(str(name))].add(int(number))
    numbers["sept"].add(9)
    return {name: next(iter(found)) for name, found in numbers.items() if len(found) == 1}


def month_key(name: str) -> str:
    """Return the form of a name in which months are compared: without case, marks and a stop at its end."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in folded if not unicodedata.combining(one)).strip(" .\u200f\u200e")
