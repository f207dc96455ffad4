"""Rules: creating, changing, activating and reading them."""

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

# The hosts of a room and the moderators of its sector see the room's rules; everybody with a duty sees the general ones.
# `caught`, `held`, `upheld` and `overturned` count the matches of a rule. Hosts approve or dismiss what is held in their
# rooms without a case, so for those matches the state of the question or notice gives the outcome.
SELECT_RULES = statement("""
SELECT r.id, r.name, s.slug, r.room_id, r.test, r.action, r.trust, r.told, r.is_on, r.version, r.changed_at,
    m.id AS member_id, m.handle, m.display_name, m.picture, coalesce(r.sector_id, t.sector_id) AS sector_id, o.gathering_id,
    c.caught, c.held, c.upheld, c.overturned
FROM rules r LEFT JOIN sectors s ON s.id = r.sector_id LEFT JOIN rooms o ON o.id = r.room_id
LEFT JOIN topics t ON t.id = o.topic_id LEFT JOIN members m ON m.id = r.changed_by
CROSS JOIN LATERAL (
    SELECT count(*) AS caught, count(*) FILTER (WHERE x.action = 'hold') AS held,
        count(*) FILTER (WHERE came.outcome = 'upheld') AS upheld,
        count(*) FILTER (WHERE came.outcome = 'overturned') AS overturned
    FROM rule_matches x LEFT JOIN posts p ON p.id = x.post_id LEFT JOIN questions q ON q.post_id = p.id
    LEFT JOIN notices n ON n.post_id = p.id
    CROSS JOIN LATERAL (SELECT coalesce(x.outcome, CASE
        WHEN x.action = 'hold' AND (q.state = 'dismissed' OR n.taken_off = 'declined') THEN 'upheld'
        WHEN x.action = 'hold' AND p.state <> 'held' AND coalesce(q.id, n.id) IS NOT NULL THEN 'overturned'
    END) AS outcome) came
    WHERE x.rule_id = r.id
) c
WHERE (:administers OR (r.sector_id IS NULL AND r.room_id IS NULL)
    OR coalesce(r.sector_id, t.sector_id) = ANY(CAST(:moderated AS bigint[]))
    OR o.gathering_id = ANY(CAST(:hosted AS bigint[])))
    AND (CAST(:id AS bigint) IS NULL OR r.id = :id)
ORDER BY s.place NULLS FIRST, r.room_id NULLS FIRST, r.id
""")
LOCK_RULE = statement("SELECT 1 FROM rules WHERE id = :id FOR NO KEY UPDATE")
INSERT_RULE = statement("""
INSERT INTO rules (name, sector_id, room_id, test, action, trust, told, changed_at, changed_by)
VALUES (:name, :sector, :room, CAST(:test AS jsonb), :action, :trust, :told, :now, :by) RETURNING id
""")
UPDATE_RULE = statement("""
UPDATE rules SET name = :name, test = CAST(:test AS jsonb), action = :action, trust = :trust, told = :told,
    changed_at = :now, changed_by = :by, version = version + 1
WHERE id = :id
""")
UPDATE_RULE_ACTIVE = statement("""
UPDATE rules SET is_on = :on, changed_at = :now, changed_by = :by, version = version + 1
WHERE id = :id AND is_on <> :on
""")


async def read_rules(tx: Reader, actor: Actor) -> RuleList:
    """Return the rules of the sectors and rooms where the actor has a duty, and those that apply everywhere. Raises
    NotYourRule."""
    ensure_can_read_rules(actor)
    return RuleList([_rule(row) for row in await tx.rows(SELECT_RULES, id=None, **_visibility_binds(actor))])


async def get_rule(tx: Reader, actor: Actor, rule_id: int) -> tuple[Rule, Scope]:
    """Return one rule and its scope; raise NotFound if the actor cannot see it."""
    ensure_can_read_rules(actor)
    row = await tx.row(SELECT_RULES, id=rule_id, **_visibility_binds(actor))
    if row is None:
        raise NotFound
    return _rule(row), _scope(row["sector_id"], row["gathering_id"])


async def show_rule(tx: Reader, actor: Actor, rule_id: int) -> Rule:
    """Return one rule; raise NotFound if the actor cannot see it."""
    rule, _ = await get_rule(tx, actor, rule_id)
    return rule


async def create_rule(tx: Transaction, actor: Actor, new: NewRule) -> Rule:
    """Create an inactive rule and return it. Raises NotYourRule, AdministratorsOnly and the refusals of
    `ensure_is_usable`."""
    sector_id, scope = await find_scope(tx, actor, new)
    ensure_can_manage_rule(actor, scope)
    ensure_is_usable(new)

    where = {"sector": sector_id, "room": new.room}
    rule_id = await tx.value(INSERT_RULE, **where, **_rule_values(actor, new))
    _audit_rule(tx, "rule_made", actor, scope, rule_id)
    return await show_rule(tx, actor, rule_id)


async def change_rule(tx: Transaction, actor: Actor, rule_id: int, change: RuleChange) -> Rule:
    """Change the name, test, action and other values of a rule, but not its scope, and return it. Counts of matches
    stay. Raises Stale if the version is not the current one."""
    rule, scope = await _lock_rule(tx, actor, rule_id)
    ensure_can_manage_rule(actor, scope)
    ensure_is_usable(change)
    if change.version != rule.version:
        raise Stale(rule)

    await tx.run(UPDATE_RULE, id=rule_id, **_rule_values(actor, change))
    _audit_rule(tx, "rule_changed", actor, scope, rule_id)
    return await show_rule(tx, actor, rule_id)


async def set_rule_active(tx: Transaction, actor: Actor, rule_id: int, is_active: bool) -> Rule:
    """Activate or deactivate a rule and return it. Repeating this has no effect."""
    _, scope = await _lock_rule(tx, actor, rule_id)
    ensure_can_manage_rule(actor, scope)
    if await tx.run(UPDATE_RULE_ACTIVE, id=rule_id, on=is_active, now=clock.now(), by=actor.signed_in()):
        _audit_rule(tx, "rule_on" if is_active else "rule_off", actor, scope, rule_id)
    return await show_rule(tx, actor, rule_id)


async def find_scope(tx: Reader, actor: Actor, new: NewRule) -> tuple[SectorId | None, Scope]:
    """Return the sector that a new rule names, and the scope that the permission check needs."""
    actor.signed_in()
    if new.room is not None:
        room = await get_room(tx, actor, RoomId(new.room))
        return None, Scope(sector_id=room.sector_id, gathering_id=room.gathering_id)
    if new.sector is None:
        return None, Scope()
    sector_id = await get_sector_id(tx, new.sector)
    return sector_id, Scope(sector_id=sector_id)


async def _lock_rule(tx: Transaction, actor: Actor, rule_id: int) -> tuple[Rule, Scope]:
    await tx.value(LOCK_RULE, id=rule_id)
    return await get_rule(tx, actor, rule_id)


def _rule_values(actor: Actor, new: NewRule) -> dict[str, object]:
    return {
        "name": tidy(new.name),
        "test": msgspec.json.encode(new.test).decode(),
        "action": new.action,
        "trust": new.trust,
        "told": tidy(new.told),
        "now": clock.now(),
        "by": actor.signed_in(),
    }


def _audit_rule(tx: Transaction, kind: str, actor: Actor, scope: Scope, rule_id: int) -> None:
    tx.audit(kind, actor.id, sector=scope.sector_id, gathering=scope.gathering_id, rule=rule_id)


def _visibility_binds(actor: Actor) -> dict[str, object]:
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
        changed_by=author_of(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
        measured=RuleCounts(
            caught=row["caught"], held=row["held"], upheld=row["upheld"], overturned=row["overturned"]
        ),
    )
