"""What comes in and goes out about the way of questions: edits, claims, silences, what was chosen and what not."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gatherings.shapes.gatherings import MoveReason, QuestionBody, QuestionState
from members.shapes import Author

# A week: longer is for moderation to decide.
LONGEST_SILENCE = 7 * 24 * 60


class QuestionEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text a question that waits for approval shall have."""

    body: QuestionBody


class MoveMade(Struct, frozen=True, kw_only=True):
    """What happened to a question: the version it made. The same state twice is an edit. `by` is told to hosts, and
    nobody where its asker did it."""

    version: int
    old_state: QuestionState
    new_state: QuestionState
    reason: str | None
    at: datetime
    by: Author | None


class NewSilence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long who asked shall not write in the room, and why."""

    minutes: Annotated[int, Meta(ge=1, le=LONGEST_SILENCE)]
    reason: MoveReason


class AskerSilence(Struct, frozen=True):
    """Who asked this question does not write in its room until then. It does not tell who that is."""

    question: int
    until: datetime
    reason: str


class Choice(Struct, frozen=True, kw_only=True):
    """A step on a question's way. `asked`, then what became of it: the state it came to, and why. What it says is left
    out where the viewer may not read it; `by` is for hosts."""

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
    """One page of what was chosen in a room, in order of time."""

    items: list[Choice]
    next: str | None
