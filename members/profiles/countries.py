"""The names of countries by ISO 3166-1 alpha-2 code: in English, and in the languages of the interface."""

import json
import unicodedata
from functools import lru_cache
from pathlib import Path

from core.languages.languages import ENGLISH, Language

COUNTRIES: dict[str, str] = json.loads(
    (Path(__file__).parents[1] / "data" / "countries.json").read_text("utf-8")
)


# Less common characters of names of countries, with a common one of the same pronunciation.
_LIKE = {"斐": "匪", "梵": "饭", "瑙": "闹", "汶": "问"}


def country_in(language: Language, code: str) -> str:
    """Return the name of a country in a language, from the data of CLDR, or the code if it is unknown."""
    name = COUNTRIES.get(code, code)
    return name if language is ENGLISH else str(language.locale.territories.get(code, name))


@lru_cache(maxsize=20)
def countries_in(language: Language) -> list[tuple[str, str]]:
    """Return the code and the name of each country, sorted by name."""
    key = _pinyin_key if language.locale.language == "zh" else _sort_key
    return sorted(((code, country_in(language, code)) for code in COUNTRIES), key=lambda one: key(one[1]))


def _pinyin_key(name: str) -> bytes:
    """Return a Chinese name in an encoding whose common characters stand in the order of their pronunciation."""
    return "".join(_LIKE.get(character, character) for character in name).encode("gb18030")


def _sort_key(name: str) -> str:
    """Return a name without marks, so that Äthiopien stands beside Albanien and not after Zypern."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
