"""The Structs of the record of a room or a gathering: attendance, questions, notices, polls and outcomes."""

from datetime import datetime

from msgspec import Struct

from members.shapes import Author


class Day(Struct, frozen=True):
    """The number of members who attended on one day (an ISO 8601 date, in UTC)."""

    day: str
    members: int


class Attendance(Struct, frozen=True, kw_only=True):
    """The number of members who attended, each counted once, in total and per day, group, country and sector.

    In `groups` and `countries` the empty name stands for members who do not publish theirs. Unless `is_exact`, cells
    under five are suppressed, and further cells where the others would reveal a suppressed one.
    """

    members: int
    days: list[Day]
    groups: dict[str, int]
    countries: dict[str, int]
    sectors: dict[str, int]
    is_exact: bool


class WrittenAnswer(Struct, frozen=True, kw_only=True):
    """The post that answers a question in writing."""

    post: int
    number: int
    body: str
    html: str
    author: Author | None
    posted_at: datetime


class ReportedQuestion(Struct, frozen=True, kw_only=True):
    """A question in the record.

    `answered_how` is `live`, at the time `settled_at`, or `writing`. A question that was never approved has no number;
    only hosts get it.
    """

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
    """A notice in the record."""

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
    """One option, point of a scale or word of a poll, with its number of ballots; `points` only in ranked polls."""

    label: str
    count: int
    points: int | None = None


class ReportedPoll(Struct, frozen=True, kw_only=True):
    """A closed poll in the record: its ballots, its results, and its counts per group without small cells."""

    id: int
    kind: str
    title: str
    ballots: int
    lines: list[PollLine]
    groups: dict[str, list[int | None]] | None


class ReportedChoice(Struct, frozen=True, kw_only=True):
    """One line of a room's outcomes: a question's new state, and why. `body` is null where its text is not published."""

    question: int
    body: str | None
    state: str
    reason: str | None
    at: datetime


class Totals(Struct, frozen=True, kw_only=True):
    """The numbers of questions, votes, answered questions, notices and polls in the record."""

    questions: int = 0
    votes: int = 0
    answered: int = 0
    notices: int = 0
    polls: int = 0


class RoomReport(Struct, frozen=True, kw_only=True):
    """The record of a room. The hosts' version (`is_full`) includes dismissed questions and those that wait."""

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
    """The record of a gathering: the attendance of all its rooms, each member counted once, and the rooms' records."""

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
