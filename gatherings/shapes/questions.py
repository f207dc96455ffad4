"""The Structs of questions: asking, editing, voting, changing their state, claims, mutes and outcomes."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import NO_CONTROLS, PostBody
from gatherings.shapes.fields import RowId, Version
from members.shapes import Author
from storage.event_log import Stream

QuestionOrder = Literal["best", "newest", "votes"]
QuestionState = Literal[
    "pending", "live", "shortlisted", "on_stage", "answered", "dismissed", "merged", "withdrawn"
]

QUESTION_LENGTH = 2_000
# One week, in minutes: a longer mute is a sanction and needs a decision of the moderators.
MAX_MUTE_MINUTES = 7 * 24 * 60

QuestionBody = Annotated[str, Meta(min_length=1, max_length=QUESTION_LENGTH, pattern=NO_CONTROLS)]
TransitionReason = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_CONTROLS)]


class NewQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to ask, with the member's name or anonymously."""

    body: QuestionBody
    anonymous: bool = False


class QuestionEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new text of a question that waits for approval."""

    body: QuestionBody


class QuestionMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new state of a question, and the version of the question that the client has read.

    `reason`: why it is dismissed. `into`: the question it is merged into. `answer`: the text of a written answer.
    `place`: its position on the shortlist, from 1; without it, the last position.
    """

    state: QuestionState
    version: Version
    reason: TransitionReason | None = None
    into: RowId | None = None
    answer: PostBody | None = None
    place: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class Vote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vote to store: 1 for the question, 0 for no vote. It is set, never toggled."""

    value: Literal[0, 1]


class VoteSet(Struct, frozen=True):
    """The number of votes of a question and the member's own vote, after a vote."""

    question: int
    votes: int
    my_vote: int


class Counts(Struct, frozen=True):
    """The number of a room's questions per state.

    Withdrawn, merged and hidden questions are not counted. Only hosts get `pending`, the number that wait for approval.
    """

    live: int = 0
    answered: int = 0
    dismissed: int = 0
    shortlisted: int = 0
    on_stage: int = 0
    pending: int | UnsetType = UNSET


class Claim(Struct, frozen=True):
    """The host who is dealing with a question, and when the claim expires."""

    by: Author
    until: datetime


class Why(Struct, frozen=True, kw_only=True):
    """The factors of a question's score: score = support * freshness * balance.

    `support` is the lower bound of the Wilson score interval for `votes` plus the asker's own wish, out of `voters` plus
    the asker. `freshness` follows from `age_minutes`, and `balance` from `group`.
    """

    votes: int
    voters: int
    support: float
    age_minutes: int
    freshness: float
    group: str | None
    balance: float


class Rank(Struct, frozen=True):
    """The score of a question and how it was computed; questions with a higher score come first."""

    score: float
    why: Why


class Question(Struct, frozen=True, kw_only=True):
    """A question. `post` is its post, `number` the number of that post in the room's topic.

    `mine` and `my_vote` are personal: events, which go to many readers, leave them out. For a question that the reader
    may not see (dismissed, withdrawn, hidden), events contain its state only. A client merges the fields it receives into
    the ones it has. A question that waits for approval has no number yet. Shortlisted questions are ordered by `place`.
    Only hosts get `claimed_by`. Only lists contain `rank`, which explains the question's position.
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
    """One page of a room's questions; `next` is the cursor of the following page."""

    items: list[Question]
    next: str | None
    stream: Stream


class MoveMade(Struct, frozen=True, kw_only=True):
    """One transition of a question, and the version it produced. An edit has the same old and new state.

    Only hosts get `by`. It is null where the asker made the transition, because an asker may be anonymous.
    """

    version: int
    old_state: QuestionState
    new_state: QuestionState
    reason: str | None
    at: datetime
    by: Author | None


class NewSilence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mute of a question's asker in the room: for how many minutes, and why."""

    minutes: Annotated[int, Meta(ge=1, le=MAX_MUTE_MINUTES)]
    reason: TransitionReason


class AskerSilence(Struct, frozen=True):
    """The mute of a question's asker: until when, and why. It does not say who the asker is."""

    question: int
    until: datetime
    reason: str


class Choice(Struct, frozen=True, kw_only=True):
    """One line of a room's outcomes: a question was asked, edited, or came to another state, and why.

    The text of the question is left out where the reader may not see it. Only hosts get `by`.
    """

    question: int
    what: Literal["asked", "moved", "edited"]
    at: datetime
    state: QuestionState
    old_state: QuestionState | UnsetType = UNSET
    reason: str | None | UnsetType = UNSET
    merged_into: int | UnsetType = UNSET
    by: Author | None | UnsetType = UNSET
    number: int | UnsetType = UNSET
    body: str | UnsetType = UNSET
    author: Author | None | UnsetType = UNSET
    anonymous: bool | UnsetType = UNSET


class ChoicePage(Struct, frozen=True):
    """One page of a room's outcomes, the oldest first."""

    items: list[Choice]
    next: str | None
