"""What comes in and goes out about trust."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from members.profiles.trust import LevelPermissions, TrustLevel, UnmetRequirement


class Thanks(Struct, frozen=True, kw_only=True):
    """How often a member thanked others in a sector for what was kind, or competent, and was thanked."""

    kind: str
    sector: str
    given: int
    received: int


class Trust(Struct, frozen=True, kw_only=True):
    """How far a member is trusted; `is_given`: by an administrator."""

    level: int
    name: str
    is_given: bool
    thanks: list[Thanks]


class NextLevel(Struct, frozen=True, kw_only=True):
    """What is missing for the next level; nothing, where it comes with the next reckoning, within a day."""

    level: int
    name: str
    missing: list[UnmetRequirement]


class OwnTrust(Struct, frozen=True, kw_only=True):
    """One's own level, what it allows, until when it is kept if its needs are no longer met, and what is next."""

    trust: Trust
    rights: LevelPermissions
    kept_until: datetime | None
    next: NextLevel | None
    levels: list[TrustLevel]


class NewTrust(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level to give."""

    level: Annotated[int, Meta(ge=0, le=20)]
