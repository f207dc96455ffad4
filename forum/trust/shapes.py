"""The requests and responses of trust levels."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from members.profiles.trust import LevelPermissions, TrustLevel, UnmetRequirement


class Thanks(Struct, frozen=True, kw_only=True):
    """How many thanks of one kind (`kind` or `competent`) a member has given and received in a sector."""

    kind: str
    sector: str
    given: int
    received: int


class Trust(Struct, frozen=True, kw_only=True):
    """A member's trust level; `is_given` is whether an administrator set it."""

    level: int
    name: str
    is_given: bool
    thanks: list[Thanks]


class NextLevel(Struct, frozen=True, kw_only=True):
    """What is missing for the next level; if nothing is missing, the level changes within a day."""

    level: int
    name: str
    missing: list[UnmetRequirement]


class OwnTrust(Struct, frozen=True, kw_only=True):
    """The member's own trust level, its permissions and the next level.

    `kept_until` is the time until which the level stays although its requirements are no longer met, or None.
    """

    trust: Trust
    rights: LevelPermissions
    kept_until: datetime | None
    next: NextLevel | None
    levels: list[TrustLevel]


class NewTrust(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trust level to set."""

    level: Annotated[int, Meta(ge=0, le=20)]
