"""Rules: making, changing, switching and reading them."""

import msgspec
from asyncpg import Record

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import GatheringId, RoomId, SectorId
from core.text import tidy
from forum.authors import author_of
from forum.sectors import get_sector_id
from forum.visibility import seen_by
from gatherings.rooms.rooms import get_room
from moderation.rules.policy import Scope, ensure_can_manage_rule, ensure_can_read_rules, ensure_is_usable
from moderation.rules.shapes import NewRule, Rule, RuleChange, RuleCounts, RuleList, RuleTest
from storage.database import Reader, Transaction
from storage.statements import statement

# A rule of a room is seen by its hosts and by the moderators of its sector; general ones by all who keep any.
_RULES = """
SELECT r.id, r.name, s.slug, r.room_id, r.test, r.action, r.trust, r.told, r.is_on, r.version, r.changed_at,
    m.id AS member_id, m.handle, m.display_name, coalesce(r.sector_id, t.sector_id) AS sector_id, o.gathering_id,
    c.caught, c.held, c.upheld, c.overturned
FROM rules r LEFT JOIN sectors s ON s.id = r.sector_id LEFT JOIN rooms o ON o.id = r.room_id
LEFT JOIN topics t ON t.id = o.topic_id LEFT JOIN members m ON m.id = r.changed_by
CROSS JOIN LATERAL (
    SELECT count(*) AS caught, count(*) FILTER (WHERE x.action = 'hold') AS held,
        count(*) FILTER (WHERE came.outcome = 'upheld') AS upheld,
        count(*) FILTER (WHERE came.outcome = 'overturned') AS overturned
    FROM rule_matches x JOIN posts p ON p.id = x.post_id LEFT JOIN questions q ON q.post_id = p.id
    LEFT JOIN notices n ON n.post_id = p.id
    -- What is held in a room its hosts let through or not: that is no case.
    CROSS JOIN LATERAL (SELECT coalesce(x.outcome, CASE
        WHEN x.action = 'hold' AND (q.state = 'dismissed' OR n.taken_off = 'declined') THEN 'upheld'
        WHEN x.action = 'hold' AND p.state <> 'held' AND coalesce(q.id, n.id) IS NOT NULL THEN 'overturned'
    END) AS outcome) came
    WHERE x.rule_id = r.id
) c
WHERE (:administers OR (r.sector_id IS NULL AND r.room_id IS NULL)
    OR coalesce(r.sector_id, t.sector_id) = ANY(CAST(:moderated AS bigint[]))
    OR o.gathering_id = ANY(CAST(:hosted AS bigint[])))
"""
_ALL = statement(_RULES + "ORDER BY s.place NULLS FIRST, r.room_id NULLS FIRST, r.id")
_ONE = statement(_RULES + "AND r.id = :id")
_LOCK = statement("SELECT 1 FROM rules WHERE id = :id FOR NO KEY UPDATE")
_MAKE = statement("""
INSERT INTO rules (name, sector_id, room_id, test, action, trust, told, changed_at, changed_by)
VALUES (:name, :sector, :room, CAST(:test AS jsonb), :action, :trust, :told, :now, :by) RETURNING id
""")
_CHANGE = statement("""
UPDATE rules SET name = :name, test = CAST(:test AS jsonb), action = :action, trust = :trust, told = :told,
    changed_at = :now, changed_by = :by, version = version + 1
WHERE id = :id
""")
_SWITCH = statement("""
UPDATE rules SET is_on = :on, changed_at = :now, changed_by = :by, version = version + 1
WHERE id = :id AND is_on <> :on
""")


async def read_rules(tx: Reader, actor: Actor) -> RuleList:
    """The rules of where the actor moderates or hosts, and those that hold everywhere."""
    ensure_can_read_rules(actor)
    return RuleList([_rule(row) for row in await tx.rows(_ALL, **_seen(actor))])


async def get_rule(tx: Reader, actor: Actor, rule_id: int) -> tuple[Rule, Scope]:
    """One of them, with what the policy looks at."""
    ensure_can_read_rules(actor)
    row = await tx.row(_ONE, id=rule_id, **_seen(actor))
    if row is None:
        raise NotFound
    return _rule(row), _scope(row["sector_id"], row["gathering_id"])


async def show_rule(tx: Reader, actor: Actor, rule_id: int) -> Rule:
    """One of them."""
    rule, _ = await get_rule(tx, actor, rule_id)
    return rule


async def make_rule(tx: Transaction, actor: Actor, new: NewRule) -> Rule:
    """Write down a rule; it is off until it is switched on."""
    sector_id, scope = await find_scope(tx, actor, new)
    ensure_can_manage_rule(actor, scope)
    ensure_is_usable(new)

    where = {"sector": sector_id, "room": new.room}
    rule_id = await tx.value(_MAKE, **where, **_written(actor, new))
    _note(tx, "rule_made", actor, scope, rule_id)
    return await show_rule(tx, actor, rule_id)


async def change_rule(tx: Transaction, actor: Actor, rule_id: int, change: RuleChange) -> Rule:
    """Give a rule other words, another test or another consequence. What it caught stays counted."""
    rule, scope = await _hold(tx, actor, rule_id)
    ensure_can_manage_rule(actor, scope)
    ensure_is_usable(change)
    if change.version != rule.version:
        raise Stale(rule)

    await tx.run(_CHANGE, id=rule_id, **_written(actor, change))
    _note(tx, "rule_changed", actor, scope, rule_id)
    return await show_rule(tx, actor, rule_id)


async def set_rule_active(tx: Transaction, actor: Actor, rule_id: int, wanted: bool) -> Rule:
    """Put a rule in force, or out of force; as often as one likes."""
    _, scope = await _hold(tx, actor, rule_id)
    ensure_can_manage_rule(actor, scope)
    if await tx.run(_SWITCH, id=rule_id, on=wanted, now=clock.now(), by=actor.signed_in()):
        _note(tx, "rule_on" if wanted else "rule_off", actor, scope, rule_id)
    return await show_rule(tx, actor, rule_id)


async def find_scope(tx: Reader, actor: Actor, new: NewRule) -> tuple[SectorId | None, Scope]:
    """Where a rule is to hold: the sector it names, and what the policy looks at."""
    actor.signed_in()
    if new.room is not None:
        room = await get_room(tx, actor, RoomId(new.room))
        return None, Scope(sector_id=room.sector_id, gathering_id=room.gathering_id)
    if new.sector is None:
        return None, Scope()
    sector_id = await get_sector_id(tx, new.sector)
    return sector_id, Scope(sector_id=sector_id)


async def _hold(tx: Transaction, actor: Actor, rule_id: int) -> tuple[Rule, Scope]:
    await tx.value(_LOCK, id=rule_id)
    return await get_rule(tx, actor, rule_id)


def _written(actor: Actor, new: NewRule) -> dict[str, object]:
    return {
        "name": tidy(new.name),
        "test": msgspec.json.encode(new.test).decode(),
        "action": new.action,
        "trust": new.trust,
        "told": tidy(new.told),
        "now": clock.now(),
        "by": actor.signed_in(),
    }


def _note(tx: Transaction, kind: str, actor: Actor, scope: Scope, rule_id: int) -> None:
    tx.audit(kind, actor.id, sector=scope.sector_id, gathering=scope.gathering_id, rule=rule_id)


def _seen(actor: Actor) -> dict[str, object]:
    return {name: seen_by(actor)[name] for name in ("administers", "moderated", "hosted")}


def _scope(sector: int | None, gathering: int | None) -> Scope:
    return Scope(
        sector_id=None if sector is None else SectorId(sector),
        gathering_id=None if gathering is None else GatheringId(gathering),
    )


def _rule(row: Record) -> Rule:
    return Rule(
        id=row["id"],
        name=row["name"],
        sector=row["slug"],
        room=row["room_id"],
        test=msgspec.convert(row["test"], RuleTest),
        action=row["action"],
        trust=row["trust"],
        told=row["told"],
        is_on=row["is_on"],
        version=row["version"],
        changed_at=row["changed_at"],
        changed_by=author_of(row["member_id"], row["handle"], row["display_name"], None),
        measured=RuleCounts(
            caught=row["caught"], held=row["held"], upheld=row["upheld"], overturned=row["overturned"]
        ),
    )
