"""What goes out as the record of a room or a gathering."""

from datetime import datetime

from msgspec import Struct

from members.shapes import Author


class Day(Struct, frozen=True):
    """How many members were there on a day."""

    day: str
    members: int


class Attendance(Struct, frozen=True, kw_only=True):
    """Members who were there, each once. In `groups` and `countries` the empty name stands for those who do not say.

    Where it is not exact, cells under five are left out, and the next smallest too where the rest would give them away.
    """

    members: int
    days: list[Day]
    groups: dict[str, int]
    countries: dict[str, int]
    sectors: dict[str, int]
    is_exact: bool


class WrittenAnswer(Struct, frozen=True, kw_only=True):
    """The post that answers a question."""

    post: int
    number: int
    body: str
    html: str
    author: Author | None
    posted_at: datetime


class ReportedQuestion(Struct, frozen=True, kw_only=True):
    """A question as it stands in the record. `answered_how` is `live`, then `settled_at` is when, or `writing`. What was
    never approved, which only hosts are shown, has no number."""

    id: int
    post: int
    number: int | None
    state: str
    votes: int
    body: str
    html: str
    author: Author | None
    anonymous: bool
    settled_at: datetime | None
    reason: str | None
    answered_how: str | None
    answer: WrittenAnswer | None


class ReportedNotice(Struct, frozen=True, kw_only=True):
    """A notice of the board."""

    id: int
    column: str
    title: str
    body: str
    html: str
    author: Author | None
    replies: int
    thanks: int
    posted_at: datetime


class PollLine(Struct, frozen=True):
    """An option, a point of a scale, or a word, and how many gave it; `points` are those of a ranked poll."""

    label: str
    count: int
    points: int | None = None


class ReportedPoll(Struct, frozen=True, kw_only=True):
    """A closed poll: how many answered, and what. `groups` are its own, without small cells."""

    id: int
    kind: str
    title: str
    ballots: int
    lines: list[PollLine]
    groups: dict[str, list[int | None]] | None


class ReportedChoice(Struct, frozen=True, kw_only=True):
    """One line of the choice log: what became of a question, and why. `body` is what it asks, where the log tells it."""

    question: int
    body: str | None
    state: str
    reason: str | None
    at: datetime


class Totals(Struct, frozen=True, kw_only=True):
    """How much there is of what the report shows."""

    questions: int = 0
    votes: int = 0
    answered: int = 0
    notices: int = 0
    polls: int = 0


class RoomReport(Struct, frozen=True, kw_only=True):
    """The record of a room. `is_full` where it is the hosts' own: with what was dismissed or waits."""

    room: int
    gathering: int
    topic: int
    title: str
    state: str
    is_full: bool
    made_at: datetime
    attendance: Attendance
    totals: Totals
    questions: list[ReportedQuestion]
    notices: list[ReportedNotice]
    polls: list[ReportedPoll]
    choices: list[ReportedChoice]


class GatheringReport(Struct, frozen=True, kw_only=True):
    """The record of a gathering: everybody who was in any of its rooms, each once, and the records of its rooms."""

    gathering: int
    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    is_full: bool
    made_at: datetime
    attendance: Attendance
    totals: Totals
    rooms: list[RoomReport]
