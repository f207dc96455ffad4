"""Sanctions: what a decision does to a member. They hold from the moment of the decision, and end by the clock or
with the decision that is taken back."""

from datetime import datetime, timedelta

from asyncpg import Record
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from forum.policy import NotModerator
from members.events import AccessChanged
from members.handles import normalize_handle
from moderation.policy import CaseFacts, SanctionTarget, can_judge_in, ensure_can_sanction
from moderation.sanctions.ladder import Ladder, LadderStep
from moderation.shapes import Action, NewDecision, Sanction
from storage.database import Database, Reader, Transaction
from storage.statements import statement

_TARGET = statement("""
SELECT o.author_id, o.gathering_id IS NOT NULL AS is_in_room,
    EXISTS (SELECT FROM duties d WHERE d.member_id = o.author_id AND d.duty = 'administrator') AS administers
FROM case_subjects o WHERE o.case_id = :case
""")
_IMPOSE = statement("""
INSERT INTO sanctions (decision_id, action, member_id, sector_id, topic_id, begun_at, until)
VALUES (:decision, :action, :member, :sector, :topic, :now, :until)
""")
_LIFT = statement("""
UPDATE sanctions SET ended_at = :now WHERE decision_id = :decision AND ended_at IS NULL RETURNING member_id
""")
_END = statement("""
UPDATE sanctions SET ended_at = until WHERE decision_id = (
    SELECT decision_id FROM sanctions WHERE ended_at IS NULL AND until <= :now
    ORDER BY until LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING member_id
""")
_OF = statement("""
SELECT x.decision_id AS decision, x.action, s.slug AS sector, r.id AS room, x.begun_at, x.until, x.ended_at,
    d.rule, d.facts, x.ended_at IS NULL AND (x.until IS NULL OR x.until > :now) AS is_in_force
FROM sanctions x JOIN decisions d ON d.id = x.decision_id LEFT JOIN sectors s ON s.id = x.sector_id
LEFT JOIN rooms r ON r.topic_id = x.topic_id
WHERE x.member_id = :member AND d.undone_at IS NULL AND d.reversed_at IS NULL ORDER BY x.begun_at DESC, x.decision_id
""")
_MEMBER = statement("SELECT id FROM members WHERE handle = :handle")
_STANDING = statement("""
SELECT count(*) FROM sanctions x JOIN decisions d ON d.id = x.decision_id
WHERE x.member_id = :member AND d.undone_at IS NULL AND d.reversed_at IS NULL AND x.begun_at > :since
""")


class Sanctions(Struct, frozen=True):
    """What was decided against a member and was not taken back, the latest first."""

    items: list[Sanction]


async def impose_sanction(
    tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action, new: NewDecision
) -> None:
    """Do to whoever is responsible for what a case is about what was decided; open sockets obey within seconds."""
    row = await tx.row(_TARGET, case=case.id)
    assert row is not None
    target = SanctionTarget(**row)
    ensure_can_sanction(actor, case, target, action, new)
    now = clock.now()
    is_in_sector = action in ("silence", "suspend") and not new.everywhere
    await tx.run(
        _IMPOSE,
        decision=decision_id,
        action=action,
        member=target.author_id,
        sector=case.sector_id if is_in_sector else None,
        topic=case.topic_id if action == "remove" else None,
        now=now,
        until=None if action == "warn" else now + timedelta(days=new.days or 1),
    )
    await tx.record(AccessChanged(member_id=target.author_id or 0))


async def lift_sanction(tx: Transaction, decision_id: int) -> None:
    """End what a decision does to a member; also if it had ended."""
    member = await tx.value(_LIFT, decision=decision_id, now=clock.now())
    if member is not None:
        await tx.record(AccessChanged(member_id=member))


async def end_next_sanction(db: Database) -> bool:
    """End one sanction whose time is over, so that open pages know; whoever asks finds it so already. A chore."""
    async with db.begin() as tx:
        member = await tx.value(_END, now=clock.now())
        if member is None:
            return False
        await tx.record(AccessChanged(member_id=member))
    return True


async def read_own_sanctions(tx: Reader, actor: Actor) -> Sanctions:
    """What holds, or held, against the actor."""
    return Sanctions(await read_sanctions(tx, actor.signed_in()))


async def read_member_sanctions(tx: Reader, actor: Actor, handle: str) -> Sanctions:
    """What was decided against a member, for that member and for moderators."""
    me = actor.signed_in()
    member = await tx.value(_MEMBER, handle=normalize_handle(handle))
    if member is None:
        raise NotFound
    if member != me and not can_judge_in(actor, None):
        raise NotModerator
    return Sanctions(await read_sanctions(tx, member))


async def read_sanctions(tx: Reader, member_id: int) -> list[Sanction]:
    """The same of any member, for those who may know."""
    return [_sanction(row) for row in await tx.rows(_OF, member=member_id, now=clock.now())]


async def propose_step(tx: Reader, ladder: Ladder, member_id: MemberId, now: datetime) -> LadderStep | None:
    """The step of the ladder that comes next for a member, by what was decided against them lately."""
    standing = await tx.value(_STANDING, member=member_id, since=now - timedelta(days=ladder.days))
    return ladder.next_step(int(standing))


def _sanction(row: Record) -> Sanction:
    return Sanction(**row)
