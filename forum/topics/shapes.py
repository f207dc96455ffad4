"""What comes in and goes out where topics are tended."""

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
    """The post that answers the question."""

    post: _Id


class NewClosing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a topic is closed; readers are told."""

    reason: Line


class NewPin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when a topic stands above the others; without an end until it is unpinned."""

    until: _Time | None = None


class NewSlowMode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In how many seconds each member writes once, and until when."""

    seconds: Annotated[int, Meta(ge=10, le=604_800)]
    until: _Time | None = None


class NewTimer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When, and for a reminder or a closing: what to say then."""

    at: _Time
    note: Line = ""


class Timer(Struct, frozen=True, kw_only=True):
    """Something that will happen to a topic by itself."""

    kind: str
    at: datetime
    note: str


class TimerList(Struct, frozen=True):
    """All timers of a topic, the next one first."""

    items: list[Timer]


class NewAssignment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who sees to it, and how far it is."""

    member: Name
    status: AssignmentStatus = "open"


class AssignedList(Struct, frozen=True):
    """What a member has to see to, what is done last."""

    items: list[Topic]


class ChangesSince(Struct, frozen=True, kw_only=True):
    """What changed in a topic since the member's last visit, besides new posts: numbers of edited posts, and changes of the
    topic itself."""

    edited: list[int] = []
    changes: list[Change] = []
