"""Response structs and the filter of the public moderation log."""

from datetime import datetime

from msgspec import Struct

from moderation.shapes import Action, ObjectReference, Reason, Reversal


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """A decision as everybody can see it. Nobody is named; `moderator` is a pseudonym that changes every month."""

    id: int
    case: int
    object: ObjectReference
    sector: str | None
    action: Action
    reason: Reason | None
    at: datetime
    until: datetime | None = None
    moderator: str | None
    reversal: Reversal | None = None


class LedgerFilter(Struct, frozen=True, kw_only=True):
    """Which decisions to list."""

    sector: str | None = None
    action: Action | None = None
    moderator: str | None = None
    reversed: bool | None = None


class LedgerPage(Struct, frozen=True):
    """One page of the public moderation log, newest decision first."""

    items: list[LedgerEntry]
    next: str | None
