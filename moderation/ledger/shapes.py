"""What goes out of the ledger: decisions as everybody sees them."""

from datetime import datetime

from msgspec import Struct

from moderation.shapes import Action, ObjectName, Reason, Reversal


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """A decision as everybody sees it: nobody is named; `moderator` is a name by lot, another one each month."""

    id: int
    case: int
    object: ObjectName
    sector: str | None
    action: Action
    reason: Reason | None
    at: datetime
    until: datetime | None = None
    moderator: str | None
    reversal: Reversal | None = None


class LedgerFilter(Struct, frozen=True, kw_only=True):
    """Which decisions are asked for."""

    sector: str | None = None
    action: Action | None = None
    moderator: str | None = None
    reversed: bool | None = None


class LedgerPage(Struct, frozen=True):
    """One page of the ledger, the latest decision first."""

    items: list[LedgerEntry]
    next: str | None
