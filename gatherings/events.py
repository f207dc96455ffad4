"""The events of gatherings, rooms, programmes, questions, noticeboards and polls."""

from typing import Literal

from core.events import Event


class _GatheringEvent(Event, frozen=True, kw_only=True):
    gathering_id: int

    @property
    def channel(self) -> str:
        return f"gathering:{self.gathering_id}"


class GatheringAnnounced(_GatheringEvent, frozen=True, kw_only=True, tag="gathering_announced"):
    """The gathering was announced; the worker notifies those who follow its sector, except who announced it."""

    announced_by: int


class GatheringChanged(_GatheringEvent, frozen=True, kw_only=True, tag="gathering_changed"):
    """The announcement of the gathering was changed, or the gathering was cancelled."""


class LaneChanged(_GatheringEvent, frozen=True, kw_only=True, tag="lane_changed"):
    """A host opened the gathering's lane, kept it open, or closed it. The link is not in the event."""


class RoomPlanned(_GatheringEvent, frozen=True, kw_only=True, tag="room_planned"):
    """A room was planned in the gathering."""

    room_id: int


class _RoomEvent(Event, frozen=True, kw_only=True):
    """An event of a room that is recorded twice: on the room's channel, and on its gathering's (`told` says which)."""

    gathering_id: int
    room_id: int
    told: Literal["room", "gathering"]

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}" if self.told == "room" else f"gathering:{self.gathering_id}"


class RoomOpened(_RoomEvent, frozen=True, kw_only=True, tag="room_opened"):
    """A host opened the room, for the first time or again."""


class RoomClosed(_RoomEvent, frozen=True, kw_only=True, tag="room_closed"):
    """A host closed the room."""


class RoomChanged(_RoomEvent, frozen=True, kw_only=True, tag="room_changed"):
    """The title, modules or rules of the room were changed."""


class EntryChanged(Event, frozen=True, kw_only=True, tag="entry_changed"):
    """The access rules of the room were changed, so every subscriber's access is checked again."""

    room_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class _SessionEvent(_GatheringEvent, frozen=True, kw_only=True):
    session_id: int


class SessionPlanned(_SessionEvent, frozen=True, kw_only=True, tag="session_planned"):
    """A session was added to the programme."""


class SessionChanged(_SessionEvent, frozen=True, kw_only=True, tag="session_changed"):
    """A programme session was changed, moved or cancelled."""


class _QuestionEvent(Event, frozen=True, kw_only=True):
    room_id: int
    question_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class QuestionAsked(_QuestionEvent, frozen=True, kw_only=True, tag="question_asked"):
    """A question was asked."""


class QuestionSettled(_QuestionEvent, frozen=True, kw_only=True, tag="question_settled"):
    """The question came to another state, or to another position of the shortlist."""


class QuestionChanged(_QuestionEvent, frozen=True, kw_only=True, tag="question_changed"):
    """The question's post was edited, hidden or restored, or a merge changed its votes."""


class QuestionClaimed(_QuestionEvent, frozen=True, kw_only=True, tag="question_claimed"):
    """A host claimed the question or released the claim."""


class ColumnsChanged(Event, frozen=True, kw_only=True, tag="columns_changed"):
    """A column of the noticeboard was added, renamed, moved or removed."""

    room_id: int
    column_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class _NoticeEvent(Event, frozen=True, kw_only=True):
    room_id: int
    notice_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class NoticePosted(_NoticeEvent, frozen=True, kw_only=True, tag="notice_posted"):
    """A notice was posted or approved."""


class NoticeChanged(_NoticeEvent, frozen=True, kw_only=True, tag="notice_changed"):
    """The notice was edited, moved, pinned, declined, withdrawn, hidden or restored, or its expiry was changed."""


class _PollEvent(Event, frozen=True, kw_only=True):
    room_id: int
    poll_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class PollChanged(_PollEvent, frozen=True, kw_only=True, tag="poll_changed"):
    """A draft poll was created, changed or deleted, or a word was struck from the results or restored."""


class PollOpened(_PollEvent, frozen=True, kw_only=True, tag="poll_opened"):
    """The poll was opened, for the first time or again."""


class PollClosed(_PollEvent, frozen=True, kw_only=True, tag="poll_closed"):
    """The poll was closed, and its results are public."""
