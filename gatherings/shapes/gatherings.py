"""What comes in and goes out of live talk."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import NO_CONTROLS, Line, LongText, PostBody, Slug, Title
from gatherings.shapes.notices import Column
from gatherings.shapes.polls import Poll
from gatherings.shapes.programme import Session
from gatherings.shapes.room_settings import RoomRules
from members.shapes import Author
from storage.event_log import Stream

GatheringKind = Literal["webinar", "conference", "workshop", "lab", "forum"]
GatheringMode = Literal["virtual", "physical", "both"]
GatheringState = Literal["announced", "cancelled"]
GatheringTime = Literal["upcoming", "past"]
RoomState = Literal["planned", "open", "closed"]
QuestionOrder = Literal["best", "newest", "votes"]
QuestionState = Literal[
    "pending", "live", "shortlisted", "on_stage", "answered", "dismissed", "merged", "withdrawn"
]

QUESTION_LENGTH = 2_000

Moment = Annotated[datetime, Meta(tz=True)]
ZoneName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+/-]+(?![\s\S])")]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
QuestionBody = Annotated[str, Meta(min_length=1, max_length=QUESTION_LENGTH, pattern=NO_CONTROLS)]
MoveReason = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_CONTROLS)]


class NewGathering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gathering to announce."""

    sector: Slug
    title: Title
    kind: GatheringKind = "webinar"
    mode: GatheringMode = "virtual"
    about: LongText = ""
    place: Line = ""
    starts_at: Moment
    ends_at: Moment
    time_zone: ZoneName = "UTC"


class GatheringChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a gathering to change."""

    title: Title | UnsetType = UNSET
    kind: GatheringKind | UnsetType = UNSET
    mode: GatheringMode | UnsetType = UNSET
    about: LongText | UnsetType = UNSET
    place: Line | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    time_zone: ZoneName | UnsetType = UNSET
    state: GatheringState | UnsetType = UNSET


class RoomMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state a room goes to; `version`, if given, must be the current one."""

    state: RoomState
    version: Version | None = None


class NewQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to ask, with one's name or without."""

    body: QuestionBody
    anonymous: bool = False


class QuestionMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state a question goes to, and the version it was looked at in. `reason`: why it is dismissed. `into`: the
    question it is merged with. `answer`: what is answered in writing. `place`: which it is among the shortlisted, from 1;
    the last if none is given."""

    state: QuestionState
    version: Version
    reason: MoveReason | None = None
    into: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    answer: PostBody | None = None
    place: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class Vote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vote as it shall be: 1 to hear the question, 0 not. It is set, never toggled."""

    value: Literal[0, 1]


class VoteSet(Struct, frozen=True):
    """How a question stands after a vote."""

    question: int
    votes: int
    my_vote: int


class Counts(Struct, frozen=True):
    """How many of a room's questions are where; withdrawn, merged and hidden ones are not counted. Hosts are told how
    many wait for approval."""

    live: int = 0
    answered: int = 0
    dismissed: int = 0
    shortlisted: int = 0
    on_stage: int = 0
    pending: int | UnsetType = UNSET


class Claim(Struct, frozen=True):
    """A host who is at a question just now, until the moment at which that lapses."""

    by: Author
    until: datetime


class Why(Struct, frozen=True, kw_only=True):
    """score = support * freshness * balance. `support` is the lower bound of Wilson's interval for `votes` and the
    asker's own wish among `voters` and the asker; `freshness` follows from `age_minutes`, `balance` from `group`."""

    votes: int
    voters: int
    support: float
    age_minutes: int
    freshness: float
    group: str | None
    balance: float


class Rank(Struct, frozen=True):
    """The place of a question: the higher the score the sooner it comes."""

    score: float
    why: Why


class Question(Struct, frozen=True, kw_only=True):
    """A question. `post` is where it lives on, `number` its place in the room's topic.

    `mine` and `my_vote` are the viewer's own: events, which are made for many viewers, leave them out. Of a question
    that the viewer may not see (dismissed, withdrawn, hidden), events tell only that, and leave out what it says.
    Lay what comes over what is there. One that waits for approval has no number yet. Shortlisted ones stand in the order
    of `place`. `claimed_by` is for hosts. `rank` is in lists: how it came to its place.
    """

    id: int
    room: int
    post: int
    state: QuestionState | Literal["hidden"]
    votes: int
    version: int
    settled_at: datetime | None
    number: int | UnsetType = UNSET
    body: str | UnsetType = UNSET
    html: str | UnsetType = UNSET
    author: Author | None | UnsetType = UNSET
    anonymous: bool | UnsetType = UNSET
    asked_at: datetime | UnsetType = UNSET
    place: int | None | UnsetType = UNSET
    reason: str | None | UnsetType = UNSET
    answered_how: Literal["live", "writing"] | None | UnsetType = UNSET
    answer_post: int | None | UnsetType = UNSET
    merged_into: int | None | UnsetType = UNSET
    claimed_by: Claim | None | UnsetType = UNSET
    my_vote: int | UnsetType = UNSET
    mine: bool | UnsetType = UNSET
    rank: Rank | UnsetType = UNSET


class QuestionPage(Struct, frozen=True):
    """One page of a room's questions."""

    items: list[Question]
    next: str | None
    stream: Stream


class Room(Struct, frozen=True, kw_only=True):
    """A live space of a gathering. `here` is told by the signal `presence` to those who join the room's channel."""

    id: int
    gathering: int
    topic: int
    sector: str
    title: str
    state: RoomState
    modules: list[str]
    rules: RoomRules
    version: int
    here: int | UnsetType = UNSET
    counts: Counts | UnsetType = UNSET
    stage: Question | None | UnsetType = UNSET
    questions: QuestionPage | UnsetType = UNSET
    columns: list[Column] | UnsetType = UNSET
    polls: list[Poll] | UnsetType = UNSET
    stream: Stream | UnsetType = UNSET


class RoomList(Struct, frozen=True):
    """All rooms of a gathering."""

    items: list[Room]
    next: str | None = None


class Gathering(Struct, frozen=True, kw_only=True):
    """A webinar, conference, workshop, lab or forum."""

    id: int
    title: str
    kind: GatheringKind
    mode: GatheringMode
    sector: str
    sector_name: str
    about: str
    place: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    state: GatheringState
    version: int
    rooms: list[Room] | UnsetType = UNSET
    sessions: list[Session] | UnsetType = UNSET
    stream: Stream | UnsetType = UNSET


class GatheringPage(Struct, frozen=True):
    """One page of gatherings."""

    items: list[Gathering]
    next: str | None
