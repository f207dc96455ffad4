"""Asking: what somebody typed into the search box, taken apart. Nothing that can be typed is wrong: what is no operator
here is a word."""

import re
from datetime import UTC, date, datetime

from msgspec import Struct

IS_FILTERS = {
    "question": "questions",
    "discussion": "discussions",
    "announcement": "announcements",
    "live": "written in a live room",
    "mail": "from archives of mailing lists",
    "entry": "entries of boards",
    "answered": "answered",
    "unanswered": "not answered yet",
    "open": "open",
    "closed": "closed",
    "archived": "archived",
    "opening": "how a topic begins",
}

_PART = re.compile(
    r'(?P<not>-)?(?:(?P<operator>in|by|tag|is|topic|before|after):(?:"(?P<named>[^"]*)"|(?P<value>[^\s"]+))'
    r'|"(?P<phrase>[^"]*)"?|(?P<word>\S+))',
    re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_SAID = re.compile(r"\w")


class QueryFilter(Struct, frozen=True):
    """One operator and its value; `is_excluded` where it was written with a minus."""

    operator: str
    value: str
    is_excluded: bool = False

    @property
    def text(self) -> str:
        """As it is typed."""
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        return f"{'-' * self.is_excluded}{self.operator}:{value}"


class ParsedQuery(Struct, frozen=True, kw_only=True):
    """A query taken apart: `words` are as PostgreSQL's websearch reads them (phrases in quotes, `or`), `without` must not
    be there, a post was written at or after `since` and before `until`."""

    words: str = ""
    without: tuple[str, ...] = ()
    filters: tuple[QueryFilter, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing is asked for."""
        return not (self.words or self.without or self.filters or self.since or self.until)

    def plain_words(self) -> list[str]:
        """The words themselves, without quotes."""
        return self.words.replace('"', " ").split()


def parse_query(text: str) -> ParsedQuery:
    """What a text asks for."""
    words: list[str] = []
    without: list[str] = []
    filters: list[QueryFilter] = []
    since: datetime | None = None
    until: datetime | None = None
    for part in _PART.finditer(text):
        operator = (part["operator"] or "").lower()
        value = part["named"] if part["named"] is not None else part["value"] or ""
        day = _day(value) if operator in ("before", "after") and not part["not"] else None
        if operator == "after" and day:
            since = max(since, day) if since else day
        elif operator == "before" and day:
            until = min(until, day) if until else day
        elif operator in ("before", "after"):
            words.append(value)
        elif operator:
            filters.append(QueryFilter(operator, value.lower().lstrip("@#"), bool(part["not"])))
        else:
            said = f'"{part["phrase"]}"' if part["phrase"] is not None else part["word"]
            if _SAID.search(said):
                (without if part["not"] else words).append(said)
    return ParsedQuery(
        words=" ".join(words), without=tuple(without), filters=tuple(filters), since=since, until=until
    )


def _day(value: str) -> datetime | None:
    """The first moment of a year, a month or a day, in UTC."""
    found = _DAY.fullmatch(value)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
