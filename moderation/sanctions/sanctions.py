"""Sanctions: what decisions do to members. They apply immediately, and end at their time or when the decision is
reversed."""

from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from forum.policy import NotModerator
from members.events import AccessChanged
from members.profiles.profiles import find_member_id
from moderation.policy import CaseAction, can_judge_in
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from moderation.sanctions.ladder import Ladder, LadderStep
from moderation.sanctions.policy import SanctionTarget, ensure_can_sanction
from moderation.shapes import NewDecision, Sanction
from storage.database import Database, Reader, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

SELECT_SANCTION_TARGET = statement("""
SELECT o.author_id, o.gathering_id IS NOT NULL AS is_in_room,
    EXISTS (SELECT FROM duties d WHERE d.member_id = o.author_id AND d.duty = 'administrator') AS administers
FROM case_subjects o WHERE o.case_id = :case
""")
INSERT_SANCTION = statement("""
INSERT INTO sanctions (decision_id, action, member_id, sector_id, topic_id, begun_at, until)
VALUES (:decision, :action, :member, :sector, :topic, :now, :until)
""")
UPDATE_SANCTION_LIFTED = statement("""
UPDATE sanctions SET ended_at = :now WHERE decision_id = :decision AND ended_at IS NULL RETURNING member_id
""")
LOCK_NEXT_ENDED_SANCTION = statement("""
SELECT CAST(x.decision_id AS text) AS item, x.decision_id, x.member_id FROM sanctions x
WHERE x.ended_at IS NULL AND x.until <= :now AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'sanctions' AND w.item = CAST(x.decision_id AS text) AND w.due_at > :now)
ORDER BY x.until LIMIT 1 FOR UPDATE SKIP LOCKED
""")
UPDATE_SANCTION_ENDED = statement("UPDATE sanctions SET ended_at = until WHERE decision_id = :decision")
SELECT_SANCTIONS = statement("""
SELECT x.decision_id AS decision, x.action, s.slug AS sector, r.id AS room, x.begun_at, x.until, x.ended_at,
    d.rule, d.facts, d.decided_at, x.ended_at IS NULL AND (x.until IS NULL OR x.until > :now) AS is_in_force,
    EXISTS (SELECT FROM appeals a WHERE a.decision_id = d.id AND a.member_id = x.member_id) AS is_appealed
FROM sanctions x JOIN decisions d ON d.id = x.decision_id LEFT JOIN sectors s ON s.id = x.sector_id
LEFT JOIN rooms r ON r.topic_id = x.topic_id
WHERE x.member_id = :member AND d.undone_at IS NULL AND d.reversed_at IS NULL ORDER BY x.begun_at DESC, x.decision_id
""")
COUNT_RECENT_SANCTIONS = statement("""
SELECT count(*) FROM sanctions x JOIN decisions d ON d.id = x.decision_id
WHERE x.member_id = :member AND d.undone_at IS NULL AND d.reversed_at IS NULL AND x.begun_at > :since
""")


class Sanctions(Struct, frozen=True):
    """The sanctions against a member that were not reversed, newest first."""

    items: list[Sanction]


async def impose_sanction(tx: Transaction, actor: Actor, made: CaseAction, new: NewDecision) -> None:
    """Impose a sanction on the author of the case's subject. Open connections apply it within seconds. Raises the
    refusals of `ensure_can_sanction`."""
    case, action = made.case, made.action
    row = await tx.row(SELECT_SANCTION_TARGET, case=case.id)
    assert row is not None
    target = SanctionTarget(**row)
    ensure_can_sanction(actor, case, target, action, new)
    now = clock.now()
    is_in_sector = action in ("silence", "suspend") and not new.everywhere
    await tx.run(
        INSERT_SANCTION,
        decision=made.decision_id,
        action=action,
        member=target.author_id,
        sector=case.sector_id if is_in_sector else None,
        topic=case.topic_id if action == "remove" else None,
        now=now,
        until=None if action == "warn" else now + timedelta(days=new.days or 1),
    )
    await tx.record(AccessChanged(member_id=target.author_id or 0))


async def lift_sanction(tx: Transaction, decision_id: int) -> None:
    """End the sanction of a decision, if it has one that has not ended."""
    member = await tx.value(UPDATE_SANCTION_LIFTED, decision=decision_id, now=clock.now())
    if member is not None:
        await tx.record(AccessChanged(member_id=member))


async def end_next_sanction(db: Database) -> bool:
    """Scheduled job: end one sanction whose time is over, so that open pages update, and return whether there was one.
    Permission checks compare the time themselves, so they never wait for this job."""
    return await _ENDING.run_next(db)


async def _take_ended_sanction(tx: Transaction) -> Record | None:
    return await tx.row(LOCK_NEXT_ENDED_SANCTION, now=clock.now())


async def _end_sanction(tx: Transaction, row: Record) -> None:
    await tx.run(UPDATE_SANCTION_ENDED, decision=row["decision_id"])
    await tx.record(AccessChanged(member_id=row["member_id"]))


_ENDING = ItemJob("sanctions", _take_ended_sanction, _end_sanction)


async def read_own_sanctions(tx: Reader, actor: Actor) -> Sanctions:
    """Return the current and past sanctions against the actor."""
    return Sanctions(await find_sanctions(tx, actor.signed_in()))


async def read_member_sanctions(tx: Reader, actor: Actor, handle: str) -> Sanctions:
    """Return the sanctions against a member, for that member and for moderators; raise NotFound or NotModerator."""
    me = actor.signed_in()
    member = await find_member_id(tx, handle)
    if member is None:
        raise NotFound
    if member != me and not can_judge_in(actor, None):
        raise NotModerator
    return Sanctions(await find_sanctions(tx, member))


async def find_sanctions(tx: Reader, member_id: int) -> list[Sanction]:
    """Return the sanctions against a member, newest first, with reasons in the language of the reader, without a
    permission check."""
    rows = await tx.rows(SELECT_SANCTIONS, member=member_id, now=clock.now())
    templates = await load_templates(tx) if rows else Templates()
    return [_sanction(dict(row), templates) for row in rows]


async def propose_step(tx: Reader, ladder: Ladder, member_id: MemberId, now: datetime) -> LadderStep | None:
    """Return the next step of the ladder for a member, by the number of their recent sanctions."""
    count = await tx.value(COUNT_RECENT_SANCTIONS, member=member_id, since=now - timedelta(days=ladder.days))
    return ladder.next_step(int(count))


def _sanction(facts: dict[str, Any], templates: Templates) -> Sanction:
    reason = templates.for_reader(facts["rule"], facts["facts"], facts.pop("decided_at"))
    assert reason is not None
    return Sanction(**facts | {"rule": reason.rule, "facts": reason.facts})
