"""Trust levels of members: computed from their activity, or set by an administrator."""

from datetime import timedelta

from asyncpg import Record

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import MemberId
from core.languages.texts import translatable
from forum.trust.shapes import NextLevel, OwnTrust, Thanks, Trust
from members.events import TrustChanged
from members.handles import normalize_handle
from members.policy import ensure_can_administer
from members.profiles.trust import (
    MemberActivity,
    TrustRules,
    TrustStanding,
    compute_standing,
    unmet_requirements,
)
from storage.database import Database, Reader, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

UPDATED_EVERY = timedelta(days=1)

LOCK_MEMBER_DUE_FOR_TRUST_UPDATE = statement("""
SELECT CAST(m.id AS text) AS item, m.id, m.trust, m.trust_kept_until FROM members m
WHERE m.is_claimed AND m.trust_due_at <= :now AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'trust levels' AND w.item = CAST(m.id AS text) AND w.due_at > :now)
ORDER BY m.trust_due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
""")
UPDATE_COMPUTED_TRUST = statement("""
UPDATE members SET trust = :level, trust_kept_until = :kept, trust_due_at = :next WHERE id = :member
""")
# Reactions to one's own posts and to anonymous posts do not count. All thanks between the same two members count once, so
# that two friends cannot raise each other to a high level.
SELECT_MEMBER_ACTIVITY = statement("""
SELECT CAST(extract(day FROM CAST(:now AS timestamptz) - m.joined_at) AS integer) AS days,
    (SELECT CAST(count(*) AS integer) FROM posts WHERE author_id = m.id AND state = 'published') AS posts,
    (SELECT CAST(count(DISTINCT p.topic_id) AS integer) FROM posts p JOIN topics t ON t.id = p.topic_id
        WHERE p.author_id = m.id AND p.state = 'published' AND t.author_id IS DISTINCT FROM m.id) AS topics,
    (SELECT CAST(count(DISTINCT p.author_id) AS integer) FROM reactions r JOIN posts p ON p.id = r.post_id
        WHERE r.member_id = m.id AND r.kind IN ('kind', 'competent') AND p.author_id <> m.id) AS thanks_given,
    (SELECT CAST(count(DISTINCT r.member_id) AS integer) FROM reactions r JOIN posts p ON p.id = r.post_id
        WHERE p.author_id = m.id AND r.kind IN ('kind', 'competent') AND r.member_id <> m.id
            AND p.state = 'published') AS thanks_received,
    (SELECT CAST(count(*) AS integer) FROM posts WHERE author_id = m.id AND state = 'hidden') AS hidden
FROM members m WHERE m.id = :member
""")
SELECT_MEMBER_TRUST = statement("""
SELECT id, coalesce(trust_given, trust) AS level, trust_given IS NOT NULL AS is_given, trust_kept_until
FROM members WHERE handle = :handle AND is_claimed
""")
UPDATE_SET_TRUST = statement("""
UPDATE members SET trust_given = :level WHERE id = :member AND trust_given IS DISTINCT FROM :level
""")
# Counts only posts that everybody can read, because everybody can read profiles.
SELECT_THANKS = statement("""
SELECT r.kind, s.slug AS sector, CAST(count(*) FILTER (WHERE r.member_id = :member) AS integer) AS given,
    CAST(count(*) FILTER (WHERE p.author_id = :member) AS integer) AS received
FROM reactions r JOIN open_posts p ON p.id = r.post_id JOIN sectors s ON s.id = p.sector_id
WHERE r.kind IN ('kind', 'competent') AND (r.member_id = :member OR p.author_id = :member) AND r.member_id <> p.author_id
GROUP BY r.kind, s.slug, s.place ORDER BY s.place, r.kind DESC
""")


class NoSuchLevel(Invalid):
    """The community's configuration has no such level."""

    message = translatable("There is no such trust level.")


async def read_trust(tx: Reader, rules: TrustRules, handle: str) -> Trust:
    """Return a member's trust level and the numbers of thanks given and received by kind and sector; raise NotFound."""
    row = await tx.row(SELECT_MEMBER_TRUST, handle=normalize_handle(handle))
    if row is None:
        raise NotFound
    level = min(row["level"], len(rules.levels) - 1)
    thanks = [Thanks(**found) for found in await tx.rows(SELECT_THANKS, member=row["id"])]
    return Trust(
        level=level, name=rules.levels_for_reader()[level].name, is_given=row["is_given"], thanks=thanks
    )


async def read_own_trust(tx: Reader, rules: TrustRules, actor: Actor) -> OwnTrust:
    """Return the member's own trust level, its permissions, and what is missing for the next level; raise SignInFirst."""
    member = actor.signed_in()
    trust = await read_trust(tx, rules, actor.handle or "")
    row = await tx.row(SELECT_MEMBER_TRUST, handle=actor.handle)
    assert row is not None
    levels = rules.levels_for_reader()
    higher = levels[trust.level + 1] if trust.level + 1 < len(levels) else None
    next_level = None
    # A level without requirements can only be set by an administrator.
    if higher is not None and higher.needs is not None:
        missing = unmet_requirements(higher.needs, await _read_activity(tx, member))
        next_level = NextLevel(level=trust.level + 1, name=higher.name, missing=missing)
    return OwnTrust(
        trust=trust,
        rights=rules.levels[trust.level].rights,
        kept_until=None if trust.is_given else row["trust_kept_until"],
        next=next_level,
        levels=levels,
    )


async def set_trust_level(
    tx: Transaction, rules: TrustRules, actor: Actor, handle: str, level: int | None
) -> None:
    """Set a member's trust level, or with None let it be computed again; only administrators can.

    Raises NotFound, NoSuchLevel, or the refusals of `ensure_can_administer`.
    """
    ensure_can_administer(actor)
    row = await tx.row(SELECT_MEMBER_TRUST, handle=normalize_handle(handle))
    if row is None:
        raise NotFound
    if level is not None and level >= len(rules.levels):
        raise NoSuchLevel(field="level")
    if await tx.run(UPDATE_SET_TRUST, member=row["id"], level=level):
        await tx.record(TrustChanged(member_id=row["id"]))


async def update_next_trust_level(rules: TrustRules, db: Database) -> bool:
    """Compute the trust level of one member who is due, and return whether there was one; a scheduled job."""

    async def update(tx: Transaction, row: Record) -> None:
        now = clock.now()
        member, before = MemberId(row["id"]), TrustStanding(row["trust"], row["trust_kept_until"])
        after = compute_standing(rules, await _read_activity(tx, member), before, now)
        due = min(now + UPDATED_EVERY, after.kept_until or now + UPDATED_EVERY)
        await tx.run(UPDATE_COMPUTED_TRUST, member=member, level=after.level, kept=after.kept_until, next=due)
        if after.level != before.level:
            await tx.record(TrustChanged(member_id=member))

    return await ItemJob("trust levels", _take_due_member, update).run_next(db)


async def _take_due_member(tx: Transaction) -> Record | None:
    return await tx.row(LOCK_MEMBER_DUE_FOR_TRUST_UPDATE, now=clock.now())


async def _read_activity(tx: Reader, member: MemberId) -> MemberActivity:
    row = await tx.row(SELECT_MEMBER_ACTIVITY, member=member, now=clock.now())
    if row is None:
        raise NotFound
    return MemberActivity(**row)
