"""Structs of the management of topics: requests and responses."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import Line, Name
from forum.shapes import AssignmentStatus, Topic

TimerKind = Literal["open", "close", "remind", "archive"]
Change = Literal["closed", "opened", "archived", "pinned", "answered", "posts_moved", "moved"]
_Time = Annotated[datetime, Meta(tz=True)]
_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The post to accept as the answer to the question."""

    post: _Id


class NewClosing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reason for closing a topic, which readers see."""

    reason: Line


class NewPin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of the pin; without it the topic stays pinned until it is unpinned."""

    until: _Time | None = None


class NewSlowMode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Slow mode: the interval in seconds in which each member may write once, and its end."""

    seconds: Annotated[int, Meta(ge=10, le=604_800)]
    until: _Time | None = None


class NewTimer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time of a timer; `note` is the text of a reminder or the reason for closing."""

    at: _Time
    note: Line = ""


class Timer(Struct, frozen=True, kw_only=True):
    """An action that is scheduled for a topic."""

    kind: str
    at: datetime
    note: str


class TimerList(Struct, frozen=True):
    """All timers of a topic, the next one first."""

    items: list[Timer]


class NewAssignment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The handle of the member to assign, and the status of the work."""

    member: Name
    status: AssignmentStatus = "open"


class AssignedList(Struct, frozen=True):
    """The topics assigned to a member, those with status "done" last."""

    items: list[Topic]


class ChangesSince(Struct, frozen=True, kw_only=True):
    """What changed in a topic since the member's last visit, besides new posts: numbers of edited posts, and changes of the
    topic itself."""

    edited: list[int] = []
    changes: list[Change] = []
