"""What the audit shows."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from members.shapes import Author


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One thing that was done: by whom, if under a duty by somebody who is still here; about what, by ids; and its hash,
    which holds those of all before it."""

    number: int
    at: datetime
    kind: str
    by: Author | None
    sector: str | None
    gathering: int | None
    about: Mapping[str, int | str | None]
    hash: str


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Which deeds are asked for."""

    kind: str | None = None
    sector: str | None = None


UNFILTERED = AuditFilter()


class AuditPage(Struct, frozen=True):
    """One page of the audit, the latest first."""

    items: list[AuditEntry]
    next: str | None
