"""The story of the demonstration community, as its files tell it. Times are days before the demonstration begins."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent / "story"

_Told = TypeVar("_Told")


class Invented(Struct, forbid_unknown_fields=True, kw_only=True):
    """A person of the demonstration."""

    handle: str
    name: str
    group: str
    country: str
    organisation: str
    sectors: list[str]
    languages: list[str]
    about: str = ""
    joined: float
    moderates: str | None = None
    administers: bool = False


class Reply(Struct, forbid_unknown_fields=True, kw_only=True):
    """A reply in a topic: to the post of the number `to`, or to the topic."""

    author: str
    days: float
    body: str
    to: int | None = None
    thanks: list[str] = []


class Discussion(Struct, forbid_unknown_fields=True, kw_only=True):
    """A topic; `answer` is the number of the reply that answers its question."""

    sector: str
    kind: str
    author: str
    days: float
    title: str
    body: str
    tags: list[str] = []
    language: str | None = None
    answer: int | None = None
    replies: list[Reply] = []


class Entry(Struct, forbid_unknown_fields=True, kw_only=True):
    """An entry of the stock-take, and who has confirmed it."""

    author: str
    days: float
    fields: dict[str, Any]
    confirmed_by: list[str] = []


class StockTake(Struct, forbid_unknown_fields=True, kw_only=True):
    """A stock-take with its edition."""

    sector: str
    title: str
    purpose: str
    days: float
    curator: str
    edition_days: float
    note: str
    entries: list[Entry]


class Asked(Struct, forbid_unknown_fields=True, kw_only=True):
    """A question of the past webinar, who voted for it, and what was answered."""

    author: str
    body: str
    anonymous: bool = False
    votes: list[str] = []
    answer: str | None = None


class Posted(Struct, forbid_unknown_fields=True, kw_only=True):
    """A notice; in the live room any attendee posts it."""

    title: str
    body: str
    author: str = ""


class Voted(Struct, forbid_unknown_fields=True, kw_only=True):
    """A poll, and the place of the option that each attendee chose, in their order."""

    title: str
    options: list[str]
    answers: list[int]


class Webinar(Struct, forbid_unknown_fields=True, kw_only=True):
    """The past webinar."""

    sector: str
    host: str
    title: str
    about: str
    room: str
    days: float
    attendees: list[str]
    questions: list[Asked]
    poll: Voted
    notices: list[Posted]


class LiveHour(Struct, forbid_unknown_fields=True, kw_only=True):
    """The room in which something happens while somebody watches."""

    sector: str
    host: str
    title: str
    about: str
    room: str
    questions: list[str]
    poll: str
    options: list[str]
    notices: list[Posted]


class Events(Struct, forbid_unknown_fields=True):
    """The two events."""

    past: Webinar
    live: LiveHour


class FlaggedPost(Struct, forbid_unknown_fields=True, kw_only=True):
    """A post that members have flagged, each with a reason; the decision hides it, if there is one."""

    sector: str
    topic: str
    author: str
    days: float
    body: str
    flags: list[tuple[str, str]]
    decided_by: str | None = None
    rule: str = ""
    facts: str = ""


class Story(Struct):
    """All that is told."""

    people: list[Invented]
    topics: list[Discussion]
    board: StockTake
    events: Events
    flagged: list[FlaggedPost]


class _People(Struct, forbid_unknown_fields=True):
    people: list[Invented]


class _Topics(Struct, forbid_unknown_fields=True):
    topics: list[Discussion]


class _Flagged(Struct, forbid_unknown_fields=True):
    posts: list[FlaggedPost]


def read_story() -> Story:
    """Read the files of the story."""
    return Story(
        people=_read("people", _People).people,
        topics=_read("discussions", _Topics).topics,
        board=_read("board", StockTake),
        events=_read("events", Events),
        flagged=_read("moderation", _Flagged).posts,
    )


def _read(name: str, kind: type[_Told]) -> _Told:
    return msgspec.toml.decode((FOLDER / f"{name}.toml").read_bytes(), type=kind)
