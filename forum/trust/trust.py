"""Trust as it comes about: thanks given and received, what a member has done, and the level that is reckoned of it."""

from datetime import timedelta

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import MemberId
from forum.trust.shapes import NextLevel, OwnTrust, Thanks, Trust
from members.events import TrustChanged
from members.handles import normalize_handle
from members.policy import ensure_can_manage_duties
from members.profiles.trust import (
    MemberActivity,
    TrustRules,
    TrustStanding,
    compute_standing,
    unmet_requirements,
)
from storage.database import Database, Reader, Transaction
from storage.statements import statement

REVIEWED_EVERY = timedelta(days=1)

_LATER = "trust_due_at = :next WHERE id = :member"
_NEXT = statement("""
SELECT id, trust, trust_kept_until FROM members WHERE is_claimed AND trust_due_at <= :now
ORDER BY trust_due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
""")
_KEEP = statement(f"UPDATE members SET trust = :level, trust_kept_until = :kept, {_LATER}")
# One's own posts and those of nobody known thank nobody; several thanks by one member count as one, so that two friends
# do not make each other pillars.
_DEEDS = statement("""
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
_STANDING = statement("""
SELECT id, coalesce(trust_given, trust) AS level, trust_given IS NOT NULL AS is_given, trust_kept_until
FROM members WHERE handle = :handle AND is_claimed
""")
_GIVE = statement("""
UPDATE members SET trust_given = :level WHERE id = :member AND trust_given IS DISTINCT FROM :level
""")
# Only of what everybody can read, so that a profile tells of nothing else.
_THANKS = statement("""
SELECT r.kind, s.slug AS sector, CAST(count(*) FILTER (WHERE r.member_id = :member) AS integer) AS given,
    CAST(count(*) FILTER (WHERE p.author_id = :member) AS integer) AS received
FROM reactions r JOIN open_posts p ON p.id = r.post_id JOIN sectors s ON s.id = p.sector_id
WHERE r.kind IN ('kind', 'competent') AND (r.member_id = :member OR p.author_id = :member) AND r.member_id <> p.author_id
GROUP BY r.kind, s.slug, s.place ORDER BY s.place, r.kind DESC
""")


class NoSuchLevel(Invalid):
    """The community's file has no such level."""

    message = "There is no such level of trust here."


async def read_trust(tx: Reader, rules: TrustRules, handle: str) -> Trust:
    """How far a member is trusted, and the thanks the member has given and received, by kind and sector."""
    row = await tx.row(_STANDING, handle=normalize_handle(handle))
    if row is None:
        raise NotFound
    level = min(row["level"], len(rules.levels) - 1)
    thanks = [Thanks(**found) for found in await tx.rows(_THANKS, member=row["id"])]
    return Trust(level=level, name=rules.levels[level].name, is_given=row["is_given"], thanks=thanks)


async def read_own_trust(tx: Reader, rules: TrustRules, actor: Actor) -> OwnTrust:
    """The same of oneself, with what the level allows and what is missing for the next one, as things are now."""
    member = actor.signed_in()
    trust = await read_trust(tx, rules, actor.handle or "")
    row = await tx.row(_STANDING, handle=actor.handle)
    assert row is not None
    following = rules.levels[trust.level + 1] if trust.level + 1 < len(rules.levels) else None
    coming = None
    if following is not None and following.needs is not None:
        lacking = unmet_requirements(following.needs, await _deeds(tx, member))
        coming = NextLevel(level=trust.level + 1, name=following.name, missing=lacking)
    return OwnTrust(
        trust=trust,
        rights=rules.levels[trust.level].rights,
        kept_until=None if trust.is_given else row["trust_kept_until"],
        next=coming,
        levels=list(rules.levels),
    )


async def give_trust(
    tx: Transaction, rules: TrustRules, actor: Actor, handle: str, level: int | None
) -> None:
    """Give a member a level whatever the member has done, or leave it to be reckoned again; by administrators."""
    ensure_can_manage_duties(actor)
    row = await tx.row(_STANDING, handle=normalize_handle(handle))
    if row is None:
        raise NotFound
    if level is not None and level >= len(rules.levels):
        raise NoSuchLevel(field="level")
    if await tx.run(_GIVE, member=row["id"], level=level):
        await tx.record(TrustChanged(member_id=row["id"]))


async def review_next(rules: TrustRules, db: Database) -> bool:
    """Reckon the level of one member whose turn it is, if it is anybody's."""
    async with db.begin() as tx:
        now = clock.now()
        row = await tx.row(_NEXT, now=now)
        if row is None:
            return False
        member, before = MemberId(row["id"]), TrustStanding(row["trust"], row["trust_kept_until"])
        after = compute_standing(rules, await _deeds(tx, member), before, now)
        due = min(now + REVIEWED_EVERY, after.kept_until or now + REVIEWED_EVERY)
        await tx.run(_KEEP, member=member, level=after.level, kept=after.kept_until, next=due)
        if after.level != before.level:
            await tx.record(TrustChanged(member_id=member))
    return True


async def _deeds(tx: Reader, member: MemberId) -> MemberActivity:
    row = await tx.row(_DEEDS, member=member, now=clock.now())
    if row is None:
        raise NotFound
    return MemberActivity(**row)
