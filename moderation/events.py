"""What happens in a queue of moderators."""

from core.events import Event
from members.events import MAIL_CHANNEL


def queue_channel(sector_id: int | None) -> str:
    """The channel of a sector's queue, or of that of profiles, which lie in none."""
    return "profiles" if sector_id is None else f"queue:{sector_id}"


class _InQueue(Event, frozen=True, kw_only=True):
    # None of a profile, which lies in no sector.
    sector_id: int | None
    case_id: int

    @property
    def channel(self) -> str:
        return queue_channel(self.sector_id)


class CaseOpened(_InQueue, frozen=True, kw_only=True, tag="case_opened"):
    """Something waits for a decision."""


class CaseChanged(_InQueue, frozen=True, kw_only=True, tag="case_moved"):
    """Another flag joined it, what it is about changed, it was decided, or its decision was reversed."""


class CaseClaimed(_InQueue, frozen=True, kw_only=True, tag="case_claimed"):
    """Somebody is at it, or no longer."""


class CaseNoted(_InQueue, frozen=True, kw_only=True, tag="case_noted"):
    """A moderator told the others something about it."""


class CaseInRoom(Event, frozen=True, kw_only=True, tag="case_in_room"):
    """The same for the hosts of the gathering in whose room it lies; `what` is what happened."""

    gathering_id: int
    case_id: int
    what: str

    @property
    def channel(self) -> str:
        return f"hosting:{self.gathering_id}"


class ReportReceived(Event, frozen=True, kw_only=True, tag="report_received"):
    """Somebody, with or without an account, reported something; a receipt is to be mailed."""

    report_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class AppealAnswered(Event, frozen=True, kw_only=True, tag="appeal_answered"):
    """A moderator has answered an appeal; whoever made it is to be told by mail."""

    appeal_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class CaseEscalated(Event, frozen=True, kw_only=True, tag="case_escalated"):
    """A moderator handed a case to the administrators, who are to be told at once."""

    case_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL


class DangerFlagged(Event, frozen=True, kw_only=True, tag="danger_flagged"):
    """Somebody says that a life is in danger; administrators are to be told at once."""

    case_id: int

    @property
    def channel(self) -> str:
        return MAIL_CHANNEL
