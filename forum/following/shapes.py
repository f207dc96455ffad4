"""Structs of following: requests and responses."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from forum.following_levels import Level, TopicLevel
from forum.notifications.email_preferences import EmailFrequency

Scope = Literal["topic", "sector", "tag"]


class NewTopicLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The level at which to follow a topic."""

    level: TopicLevel
    # How often to send e-mail about it; null uses the member's general setting, leaving it out changes nothing.
    mail: EmailFrequency | None | UnsetType = UNSET


class NewLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The level at which to follow a sector or a tag."""

    level: Level
    mail: EmailFrequency | None | UnsetType = UNSET


class Following(Struct, frozen=True, kw_only=True):
    """How closely a member follows a topic, sector or tag, and why.

    `level` is the effective one: the level that the member chose (`chosen`) or, without a choice, the highest of the
    automatic level (`automatic`) and the levels of the sector and the tags.
    """

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
    """What a member follows, by choice or automatically: sectors, tags and topics."""

    items: list[Following]
    next: str | None
