"""What comes in and goes out of following."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from forum.following_levels import Level, TopicLevel
from forum.notifications.email_preferences import EmailFrequency

Scope = Literal["topic", "sector", "tag"]


class NewTopicLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How closely to follow a topic."""

    level: TopicLevel
    # When mail comes of it; null: as of all that is followed. Left out: as before.
    mail: EmailFrequency | None | UnsetType = UNSET


class NewLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How closely to follow a sector or a tag."""

    level: Level
    mail: EmailFrequency | None | UnsetType = UNSET


class Following(Struct, frozen=True, kw_only=True):
    """How closely a member follows something, and why. `level` counts: what the member chose (`chosen`) or, as long as
    nothing is chosen, the most of what came of itself (`automatic`) and of what holds for the sector and the tags."""

    scope: Scope
    id: int | str
    title: str
    level: Level
    chosen: Level | None
    automatic: Level | None
    because: str
    reason: str
    mail: EmailFrequency | None = None


class FollowingList(Struct, frozen=True):
    """All that a member has chosen, or that came of itself: sectors, tags, topics."""

    items: list[Following]
    next: str | None
