"""Numbers and dates as people write them, and the habits of a file: its decimal sign, and the order of its dates.

"1.234" is one number where the stop separates thousands and another where it separates decimals, and "03/04/2026" is a day
in April or in March. Cells that can be read in one way only tell the habit of their column, and otherwise that of the file.
What remains ambiguous is asked, never guessed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Literal, cast

from msgspec import Struct

from boards.imports.month_names import load_month_names, load_weekday_names, month_key
from boards.imports.units import PERCENT, split_unit
from core.visible import strip_invisible

DateOrder = Literal["dmy", "mdy"]
DecimalSign = Literal[".", ","]

_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "－": "-", "﹣": "-", "٫": ".", "٬": " ", "．": ".", "，": ",", "’": " ", "'": " "}
)
_SPACED = re.compile(r"\d{1,3}(?:[\s\u00a0\u202f\u2009]\d{3})+(?![\d\s])")
_WHOLE = re.compile(r"\d+(?:[eE][+-]?\d{1,3})?")
_DECIMAL = re.compile(r"\d*([.,])\d+(?:[eE][+-]?\d{1,3})?")
# Thousands in groups of three, or as in India the first ones in groups of two.
_STOPS = re.compile(r"\d{1,3}(?:\.\d{3})+(,\d+)?")
_COMMAS = re.compile(r"\d{1,3}(?:(?:,\d{3})+|(?:,\d{2})+,\d{3})(\.\d+)?")
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
# No number and no date has more characters.
_LONGEST = 100
# From the first white space on: otherwise each of many would be tried.
_TIME = re.compile(r"(?:T|(?<!\s),?\s++)\d{1,2}(?::|h)\d{2}.*|T\d{4}.*|(?<=\d)Z$")
_YEAR_FIRST = re.compile(r"(\d{4}) ?([-/.年]) ?(\d{1,2}) ?([-/.月]) ?(\d{1,2}) ?[日.]?")
# ISO 8601 also writes dates by week, and without hyphens.
_WEEK_DATE = re.compile(r"\d{4}-W\d{2}-\d|\d{4}W\d{3}")
_COMPACT = re.compile(r"(?:19|20)\d{6}")
# Other years are those of another calendar: 1447 and 1404 are 2025 in Islamic and Persian years, 2569 is 2026 in Thailand.
_YEARS = range(1800, 2200)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_BETWEEN = re.compile(r"[\s,./،-]+")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª)?")
# Accountants write negative numbers in parentheses, and some systems the sign after them.
_IN_PARENTHESES = re.compile(r"\(\s?([^()]+?)\s?\)")
_SIGN_LAST = re.compile(r"([\d.,' ]+)-")
_SMALL_WORDS = frozenset("de del of the le".split())


class Habits(Struct, frozen=True):
    """How ambiguous cells are read; None is not known."""

    dates: DateOrder | None = None
    decimals: DecimalSign | None = None
    unit: str | None = None


class Ambiguous(Exception):
    """The text has two meanings, and no habit decides; `readings` are both."""

    def __init__(self, *readings: str) -> None:
        super().__init__()
        self.readings = readings


def read_number(text: str, decimals: DecimalSign | None) -> float | None:
    """Return the number in a text, or None if it is none; raise Ambiguous."""
    if len(text) > _LONGEST:
        return None
    sign, body, _ = _number_parts(text)
    if _WHOLE.fullmatch(body):
        return float(sign + body)
    evidence = decimal_evidence(text)
    if not evidence:
        return None
    if evidence == "?" and decimals is None:
        raise Ambiguous(sign + body.replace(",", "."), sign + re.sub("[.,]", "", body))
    point = decimals if evidence == "?" else evidence
    group = "," if point == "." else "."
    return float(sign + body.replace(group, "").replace(str(point), "."))


def decimal_evidence(text: str) -> Literal[".", ",", "?", ""]:
    """Return the decimal sign that a number shows, `?` if it may be either, or nothing if it is none or shows none."""
    if len(text) > _LONGEST:
        return ""
    _, body, has_blanks = _number_parts(text)
    if _EITHER.fullmatch(body) and not has_blanks:
        return "?"
    if found := _DECIMAL.fullmatch(body):
        return "." if found[1] == "." else ","
    if _STOPS.fullmatch(body):
        return ","
    return "." if _COMMAS.fullmatch(body) else ""


def read_date(text: str, order: DateOrder | None) -> str | None:
    """Return the date in a text as YYYY-MM-DD, or None if it is none; raise Ambiguous."""
    written = _written_date(text)
    if len(written) > _LONGEST:
        return None
    if found := _YEAR_FIRST.fullmatch(written):
        return _iso(found[1], found[3], found[5], is_iso=text.strip()[:10] == written and found[2] == "-")
    if _WEEK_DATE.fullmatch(written) or _COMPACT.fullmatch(written):
        return _from_iso(written)
    if found := _YEAR_LAST.fullmatch(written):
        first, second, year = int(found[1]), int(found[3]), found[4]
        evidence = date_evidence(text)
        if evidence == "?" and order is None:
            raise Ambiguous(*(one for one in (_iso(year, second, first), _iso(year, first, second)) if one))
        is_day_first = (order if evidence == "?" else evidence) != "mdy"
        return _iso(year, second, first) if is_day_first else _iso(year, first, second)
    return _named_month(written)


def date_evidence(text: str) -> Literal["dmy", "mdy", "?", ""]:
    """Return the order that a date shows, `?` if it may be either, or nothing if it is none or is always clear."""
    found = _YEAR_LAST.fullmatch(_written_date(text))
    if found is None or (found[2] == "." and int(found[1]) <= 31 and int(found[3]) <= 12):
        # With stops, the day is first in all countries that write dates so.
        return ""
    first, second = int(found[1]), int(found[3])
    if first <= 12 and second <= 12:
        return "" if first == second else "?"
    return "dmy" if second <= 12 else "mdy" if first <= 12 else ""


def find_habits(
    numbers: Mapping[str, Iterable[str]], dates: Mapping[str, Iterable[str]], chosen: Habits
) -> tuple[Mapping[str, Habits], dict[str, str]]:
    """Return the habits of each column, from its texts, and for each open question an ambiguous text.

    `numbers` and `dates` are the texts of the columns of these fields. The questions are `decimals` and `dates`. What the
    person has `chosen` decides for columns that show no habit, or two. A unit, such as a
    currency or percent, is that of all amounts of its column.
    """
    split = {column: [split_unit(text) for text in texts] for column, texts in numbers.items()}
    amounts = {column: [text for text, _ in found] for column, found in split.items()}
    decimal_of, decimal_question = _decide(amounts, decimal_evidence, chosen.decimals)
    order_of, date_question = _decide(dates, date_evidence, chosen.dates)
    habits = {
        column: Habits(
            decimals=cast(DecimalSign | None, sign), unit=_only({unit for _, unit in split[column]})
        )
        for column, sign in decimal_of.items()
    }
    habits |= {column: Habits(dates=cast(DateOrder | None, order)) for column, order in order_of.items()}
    asked = {"decimals": decimal_question, "dates": date_question}
    return habits, {question: example for question, example in asked.items() if example}


def _only(units: set[str]) -> str | None:
    """Return the one unit of a column; amounts in several ones cannot be compared.

    A currency may be left out. Without a percent sign, nobody knows whether 0.5 is half of all or half a percent.
    """
    found = units - {""}
    return next(iter(found)) if len(found) == 1 and (found != {PERCENT} or "" not in units) else None


def _decide(
    columns: Mapping[str, Iterable[str]], evidence_of: Callable[[str], str], chosen: str | None
) -> tuple[dict[str, str | None], str]:
    """Return what each column shows, and an ambiguous text of a column that shows nothing."""
    seen: dict[str, set[str]] = {}
    doubtful: dict[str, str] = {}
    for column, texts in columns.items():
        found = {evidence_of(text): text for text in texts}
        seen[column] = found.keys() - {"", "?"}
        if "?" in found:
            doubtful[column] = found["?"]
    of_file = {one for found in seen.values() for one in found}
    common = chosen or (next(iter(of_file)) if len(of_file) == 1 else None)
    decided = {column: next(iter(found)) if len(found) == 1 else common for column, found in seen.items()}
    question = next((text for column, text in doubtful.items() if decided[column] is None), "")
    return decided, question


def _number_parts(text: str) -> tuple[str, str, bool]:
    """Return the sign of a number, the rest in ASCII digits, and whether there were blanks between thousands in it."""
    plain = _plain_digits(strip_invisible(text)).translate(_SIGNS).strip()
    if found := _IN_PARENTHESES.fullmatch(plain) or _SIGN_LAST.fullmatch(plain):
        plain = f"-{found[1]}"
    sign, body = (plain[0], plain[1:].strip()) if plain[:1] in ("+", "-") else ("", plain)
    spaced = _SPACED.match(body)
    if spaced:
        body = re.sub(r"\D", "", spaced[0]) + body[spaced.end() :]
    return sign.replace("+", ""), body, spaced is not None


def _plain_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def _written_date(text: str) -> str:
    """Return a date as it is written, in ASCII digits, without the time after it and what cannot be seen."""
    return _TIME.sub("", _plain_digits(strip_invisible(text)).strip()).strip()


def _named_month(written: str) -> str | None:
    words = [word for word in _BETWEEN.split(written.strip()) if word and word.casefold() not in _SMALL_WORDS]
    if len(words) == 4 and month_key(words[0]) in load_weekday_names():
        del words[0]
    if len(words) == 4:
        # Some names of months are two words.
        words = next((joined for at in (0, 1, 2) if _month_of((joined := _join(words, at))[at])), words)
    if len(words) != 3:
        return None
    months = [number for word in words if (number := _month_of(word))]
    years = [word for word in words if len(word) == 4 and word.isdigit()]
    days = [found[1] for word in words if (found := _ORDINAL.fullmatch(word))]
    return _iso(years[0], months[0], days[0]) if len(months) == len(years) == len(days) == 1 else None


def _month_of(word: str) -> int | None:
    return load_month_names().get(month_key(word))


def _join(words: list[str], at: int) -> list[str]:
    return [*words[:at], f"{words[at]} {words[at + 1]}", *words[at + 2 :]]


def _iso(year: str | int, month: str | int, day: str | int, *, is_iso: bool = False) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if is_iso or found.year in _YEARS else None


def _from_iso(written: str) -> str | None:
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError:
        return None
