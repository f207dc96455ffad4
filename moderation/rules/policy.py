"""Who keeps rules: pure, and the refusals it raises."""

from msgspec import Struct

from core.actor import Actor
from core.errors import Denied, Invalid
from core.ids import GatheringId, SectorId
from members.policy import AdministratorsOnly
from moderation.rules.patterns import compile_pattern
from moderation.rules.shapes import Anything, NewRule, Pattern


class NotYourRule(Denied):
    """Moderators keep the rules of their sectors, hosts those of their rooms."""

    message = "Rules are kept by the moderators of the sector, or by the hosts of the room."


class RuleNeedsPlace(Invalid):
    """A rule is for a sector or for a room, not for both."""

    message = "A rule is for a sector or for a room, or for everywhere."


class RuleNeedsTrust(Invalid):
    """What catches anything is for those who are new."""

    message = "A rule that catches anything is for new members: say up to which level of trust."


class Scope(Struct, frozen=True, kw_only=True):
    """Where a rule holds, as the rules look at it: `sector_id` is also that of a room."""

    sector_id: SectorId | None = None
    gathering_id: GatheringId | None = None


def ensure_can_read_rules(actor: Actor) -> None:
    """Who has a duty sees the rules of where they have it."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates and not actor.hosts:
        raise NotYourRule


def ensure_can_manage_rule(actor: Actor, scope: Scope) -> None:
    """Moderators of the sector and hosts of the room; what holds everywhere is for administrators."""
    actor.signed_in()
    if actor.is_administrator:
        return
    if scope.sector_id is None:
        ensure_can_read_rules(actor)
        raise AdministratorsOnly
    if actor.moderates_in(scope.sector_id):
        return
    if scope.gathering_id is None or not actor.hosts_at(scope.gathering_id):
        raise NotYourRule


def ensure_is_usable(new: NewRule) -> None:
    """A rule is for one place, its pattern is one that RE2 takes, and what catches anything is for new members."""
    if new.sector is not None and new.room is not None:
        raise RuleNeedsPlace(field="room")
    if isinstance(new.test, Anything) and new.trust is None:
        raise RuleNeedsTrust(field="trust")
    if isinstance(new.test, Pattern):
        compile_pattern(new.test.pattern)
