"""Request and response structs of the audit log."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from members.shapes import Author


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One entry of the audit log: what was done and when, the ids it is about, and a hash that covers all earlier
    entries. `by` is empty if the action needed no duty or the member has left."""

    number: int
    at: datetime
    kind: str
    by: Author | None
    sector: str | None
    gathering: int | None
    about: Mapping[str, int | str | None]
    hash: str


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Which entries of the audit log to list."""

    kind: str | None = None
    sector: str | None = None


UNFILTERED = AuditFilter()


class AuditPage(Struct, frozen=True):
    """One page of the audit log, newest first."""

    items: list[AuditEntry]
    next: str | None
