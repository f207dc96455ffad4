"""What happens in live talk."""

from typing import Literal

from core.events import Event


class _InGathering(Event, frozen=True, kw_only=True):
    gathering_id: int

    @property
    def channel(self) -> str:
        return f"gathering:{self.gathering_id}"


class GatheringChanged(_InGathering, frozen=True, kw_only=True, tag="gathering_changed"):
    """Its announcement says something else now, or it was cancelled."""


class RoomPlanned(_InGathering, frozen=True, kw_only=True, tag="room_planned"):
    """A gathering has one more room."""

    room_id: int


class _RoomMoved(Event, frozen=True, kw_only=True):
    """Told twice: to those in the room, and to those who look at the gathering."""

    gathering_id: int
    room_id: int
    told: Literal["room", "gathering"]

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}" if self.told == "room" else f"gathering:{self.gathering_id}"


class RoomOpened(_RoomMoved, frozen=True, kw_only=True, tag="room_opened"):
    """A host opened the room, for the first time or again."""


class RoomClosed(_RoomMoved, frozen=True, kw_only=True, tag="room_closed"):
    """A host closed the room."""


class RoomChanged(_RoomMoved, frozen=True, kw_only=True, tag="room_changed"):
    """It is called otherwise, or has other modules or rules."""


class EntryChanged(Event, frozen=True, kw_only=True, tag="entry_changed"):
    """Others may come in than before: all who listen to the room are asked again."""

    room_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class _OnProgramme(_InGathering, frozen=True, kw_only=True):
    session_id: int


class SessionPlanned(_OnProgramme, frozen=True, kw_only=True, tag="session_planned"):
    """The programme has one more session."""


class SessionChanged(_OnProgramme, frozen=True, kw_only=True, tag="session_changed"):
    """A session is otherwise, at another time or place, or cancelled."""


class _OnQuestion(Event, frozen=True, kw_only=True):
    room_id: int
    question_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class QuestionAsked(_OnQuestion, frozen=True, kw_only=True, tag="question_asked"):
    """Somebody asked."""


class QuestionSettled(_OnQuestion, frozen=True, kw_only=True, tag="question_settled"):
    """It went from one state to another, or elsewhere among the shortlisted."""


class QuestionChanged(_OnQuestion, frozen=True, kw_only=True, tag="question_changed"):
    """Its post says something else now, or was hidden or shown again; or it has other votes by a merge."""


class QuestionClaimed(_OnQuestion, frozen=True, kw_only=True, tag="question_claimed"):
    """A host is at it, or no longer."""


class ColumnsChanged(Event, frozen=True, kw_only=True, tag="columns_changed"):
    """The board has another column, one less, or they are named or ordered otherwise."""

    room_id: int
    column_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class _OnNotice(Event, frozen=True, kw_only=True):
    room_id: int
    notice_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class NoticePosted(_OnNotice, frozen=True, kw_only=True, tag="notice_posted"):
    """Somebody put a notice on the board."""


class NoticeChanged(_OnNotice, frozen=True, kw_only=True, tag="notice_changed"):
    """It says something else, was moved, pinned, withdrawn, hidden or approved, or ends at another time."""


class _OnPoll(Event, frozen=True, kw_only=True):
    room_id: int
    poll_id: int

    @property
    def channel(self) -> str:
        return f"room:{self.room_id}"


class PollChanged(_OnPoll, frozen=True, kw_only=True, tag="poll_changed"):
    """A draft was made, changed or deleted, or a word struck from the results or put back."""


class PollOpened(_OnPoll, frozen=True, kw_only=True, tag="poll_opened"):
    """It takes answers, for the first time or again."""


class PollClosed(_OnPoll, frozen=True, kw_only=True, tag="poll_closed"):
    """It takes no more answers, and its results are shown."""
