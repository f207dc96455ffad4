"""Who may manage rules, and which rules are valid: pure functions, and the refusals they raise."""

from msgspec import Struct

from core.actor import Actor
from core.errors import Denied, Invalid
from core.ids import GatheringId, SectorId
from core.languages.texts import translatable
from members.policy import AdministratorsOnly
from moderation.rules.patterns import compile_pattern
from moderation.rules.shapes import Anything, NewRule, Pattern


class NotYourRule(Denied):
    """Moderators manage the rules of their sectors, and hosts those of their rooms."""

    message = translatable(
        "Only the moderators of the sector or the hosts of the room can manage this filter."
    )


class RuleNeedsPlace(Invalid):
    """A rule applies to a sector, to a room or everywhere, but not to a sector and a room."""

    message = translatable("A filter applies to a sector, to a room, or everywhere. Choose only one of them.")


class RuleNeedsTrust(Invalid):
    """A rule that catches everything must be limited to new members."""

    message = translatable(
        "A filter that catches everything must be limited to new members. Choose the highest trust level."
    )


class Scope(Struct, frozen=True, kw_only=True):
    """Where a rule applies. `sector_id` is also set for a room."""

    sector_id: SectorId | None = None
    gathering_id: GatheringId | None = None


def ensure_can_read_rules(actor: Actor) -> None:
    """Allow moderators, hosts and administrators; raise NotYourRule for everybody else."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates and not actor.hosts:
        raise NotYourRule


def ensure_can_manage_rule(actor: Actor, scope: Scope) -> None:
    """Allow moderators of the sector, hosts of the room, and administrators; raise NotYourRule, or AdministratorsOnly
    for a rule that applies everywhere."""
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
    """Raise RuleNeedsPlace, RuleNeedsTrust or PatternUnusable if the rule is not valid."""
    if new.sector is not None and new.room is not None:
        raise RuleNeedsPlace(field="room")
    if isinstance(new.test, Anything) and new.trust is None:
        raise RuleNeedsTrust(field="trust")
    if isinstance(new.test, Pattern):
        compile_pattern(new.test.pattern)
