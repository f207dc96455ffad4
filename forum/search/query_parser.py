"""The parser of search queries. Every input is valid: what is not a known operator is a word."""

import re
from datetime import UTC, date, datetime

from msgspec import Struct

from core.languages.texts import translatable
from forum.search.tokenizer.chunks import take_apart

# The values of `is:`, with the description that the search page shows.
IS_FILTERS = {
    "question": translatable("questions"),
    "discussion": translatable("discussions"),
    "announcement": translatable("announcements"),
    "live": translatable("written in a live room"),
    "mail": translatable("from archives of mailing lists"),
    "entry": translatable("entries of stock-takes"),
    "answered": translatable("questions with an accepted answer"),
    "unanswered": translatable("questions without an accepted answer"),
    "open": translatable("in open topics"),
    "closed": translatable("in closed topics"),
    "archived": translatable("in archived topics"),
    "opening": translatable("how a topic begins"),
}

_TOKEN = re.compile(
    r'(?P<not>-)?(?:(?P<operator>in|by|tag|is|topic|before|after)[:\uff1a](?:"(?P<named>[^"]*)"|(?P<value>[^\s"]+))'
    r'|"(?P<phrase>[^"]*)"?|(?P<word>\S+))',
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
# Quotation marks of many keyboards; apostrophes are parts of words.
QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟«»‹›＂「」『』｢｣〝〞〟", '"'))
# Between words of which one is enough. In capitals: `or` is gold in French, and the words for it in other languages are
# letters and words of their own (o, ou, oder, 或, أو), which people search for.
OR = "OR"
# Where it begins a word, as programs and keyboards write it for them: the minus sign, and that of full width.
_MINUS = re.compile(r"(?<!\S)[\u2212\uff0d](?=\S)")


class QueryFilter(Struct, frozen=True):
    """An operator and its value; `is_excluded` is whether it was written with a minus."""

    operator: str
    value: str
    is_excluded: bool = False

    @property
    def text(self) -> str:
        """The filter as it is typed."""
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        return f"{'-' * self.is_excluded}{self.operator}:{value}"


class ParsedQuery(Struct, frozen=True, kw_only=True):
    """A parsed query.

    `words` are words and phrases in quotes, with `OR` between those of which one is enough, `without` are excluded words and
    phrases, and a post must have been written at or after `since` and before `until`.
    """

    words: str = ""
    without: tuple[str, ...] = ()
    filters: tuple[QueryFilter, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the query has no words, filters or dates."""
        return not (self.words or self.without or self.filters or self.since or self.until)

    @property
    def is_words_only(self) -> bool:
        """Whether the query has no filters, dates or excluded words."""
        return not (self.without or self.filters or self.since or self.until)

    def plain_words(self) -> list[str]:
        """Return the words without quotes."""
        return self.words.replace('"', " ").split()


def parse_query(text: str) -> ParsedQuery:
    """Parse a query as typed into the search box."""
    words: list[str] = []
    without: list[str] = []
    filters: list[QueryFilter] = []
    since: datetime | None = None
    until: datetime | None = None
    for token in _TOKEN.finditer(_MINUS.sub("-", text.translate(QUOTATION_MARKS))):
        operator = (token["operator"] or "").lower()
        value = token["named"] if token["named"] is not None else token["value"] or ""
        start = _start_of_date(value) if operator in ("before", "after") and not token["not"] else None
        if operator == "after" and start:
            since = max(since, start) if since else start
        elif operator == "before" and start:
            until = min(until, start) if until else start
        elif operator in ("before", "after"):
            words.append(value)
        elif operator:
            filters.append(QueryFilter(operator, value.lower().lstrip("@#"), bool(token["not"])))
        else:
            word = f'"{token["phrase"]}"' if token["phrase"] is not None else token["word"]
            word = OR if word in ("|", "||") else word
            if take_apart(word).parts:
                (without if token["not"] else words).append(word)
    return ParsedQuery(
        words=" ".join(words), without=tuple(without), filters=tuple(filters), since=since, until=until
    )


def _start_of_date(value: str) -> datetime | None:
    """Return the start of a year, month or day in UTC, or None if the value is no date."""
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
