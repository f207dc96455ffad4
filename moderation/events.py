"""What happens in a queue of moderators."""

from core.events import Event


class _InQueue(Event, frozen=True, kw_only=True):
    sector_id: int
    case_id: int

    @property
    def channel(self) -> str:
        return f"queue:{self.sector_id}"


class CaseOpened(_InQueue, frozen=True, kw_only=True, tag="case_opened"):
    """Something waits for a decision."""


class CaseMoved(_InQueue, frozen=True, kw_only=True, tag="case_moved"):
    """Another flag joined it, what it is about changed, it was decided, or its decision was reversed."""
