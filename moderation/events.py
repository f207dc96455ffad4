"""The events of moderation."""

from core.events import Event
from members.events import MAIL_CHANNEL


def queue_channel(sector_id: int | None) -> str:
    """Return the channel of a sector's queue; None is the queue of profiles, which belong to no sector."""
    return "profiles" if sector_id is None else f"queue:{sector_id}"


class _InQueue(Event, frozen=True, kw_only=True):
    # None for a profile, which belongs to no sector.
    sector_id: int | None
    case_id: int

    @property
    def channel(self) -> str:
        return queue_channel(self.sector_id)


class CaseOpened(_InQueue, frozen=True, kw_only=True, tag="case_opened"):
    """A case was opened and waits for a decision."""


class CaseChanged(_InQueue, frozen=True, kw_only=True, tag="case_moved"):
    """A case got another flag, its subject changed, or it was decided, reversed or undone."""


class CaseClaimed(_InQueue, frozen=True, kw_only=True, tag="case_claimed"):
    """A moderator claimed or released a case."""


class CaseNoted(_InQueue, frozen=True, kw_only=True, tag="case_noted"):
    """A moderator added a note to a case."""


class CaseInRoom(Event, frozen=True, kw_only=True, tag="case_in_room"):
    """A case in a room changed; this event tells the hosts of the gathering. `what` is the tag of the original event."""

    gathering_id: int
    case_id: int
    what: str

    @property
    def channel(self) -> str:
        return f"hosting:{self.gathering_id}"


class ReportReceived(Event, frozen=True, kw_only=True, tag="report_received"):
    """Someone, with or without an account, sent a report; a receipt must be e-mailed."""

    report_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class AppealAnswered(Event, frozen=True, kw_only=True, tag="appeal_answered"):
    """A moderator answered an appeal; the person who appealed must be told by e-mail."""

    appeal_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class CaseEscalated(Event, frozen=True, kw_only=True, tag="case_escalated"):
    """A moderator escalated a case; the administrators must be told immediately."""

    case_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class DangerFlagged(Event, frozen=True, kw_only=True, tag="danger_flagged"):
    """A flag says that a life is in danger; the administrators must be told immediately."""

    case_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL
