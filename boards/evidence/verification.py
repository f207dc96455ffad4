"""Ageing: what an entry says is verified from time to time, or said to be outdated; who can say is reminded."""

from datetime import timedelta

from msgspec import Struct

from boards.events import EntryChanged
from boards.lookup.lookup import lock_entry
from boards.policy import ensure_can_confirm_entry, ensure_can_verify
from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.ids import EntryId, MemberId, PostId, TopicId
from core.text import LongText, tidy
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from storage.database import Database, Transaction
from storage.statements import statement

# Whoever contributed is reminded when an entry is due, and the curators too if nothing has come of it.
PATIENCE = timedelta(days=14)
DUE: Because = {"code": "entry_due"}
STILL_DUE: Because = {"code": "entry_still_due"}
OUTDATED: Because = {"code": "entry_outdated"}

_VERIFY = statement("""
UPDATE entries SET verified_at = :now, verified_by = :by, outdated_at = NULL, outdated_reason = '', reminded_at = NULL,
    version = version + 1 WHERE id = :entry
""")
_OUTDATE = statement("""
UPDATE entries SET outdated_at = :now, outdated_reason = :reason, version = version + 1
WHERE id = :entry AND (outdated_at IS NULL OR outdated_reason <> :reason)
""")
# Once for those who contributed, when it falls due; once for the curators, two weeks later.
_TAKE = statement("""
UPDATE entries e SET reminded_at = :now FROM boards b
WHERE b.id = e.board_id AND e.id = (
    SELECT o.id FROM entries o JOIN boards ob ON ob.id = o.board_id JOIN posts p ON p.id = o.post_id
    JOIN topics t ON t.id = o.topic_id
    WHERE o.merged_into IS NULL AND p.state = 'published' AND t.hidden_at IS NULL AND t.withdrawn_at IS NULL
        AND o.verified_at + make_interval(days => ob.verify_days) <= :now
        AND (o.reminded_at IS NULL OR (
            o.reminded_at <= :patient AND o.reminded_at < o.verified_at + make_interval(days => ob.verify_days) + :patience
        ))
    ORDER BY o.verified_at, o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED
)
RETURNING e.id, e.board_id, e.topic_id, e.post_id,
    e.verified_at + make_interval(days => b.verify_days) + :patience <= :now AS is_late
""")
_CONTRIBUTORS = statement("SELECT member_id FROM entry_contributors WHERE entry_id = :entry")
_CURATORS = statement("""
SELECT member_id FROM board_curators WHERE board_id = :board
UNION
SELECT d.member_id FROM duties d JOIN boards b ON b.sector_id = d.sector_id WHERE b.id = :board AND d.duty = 'moderator'
""")


# Who was reminded a year ago is reminded again.
_AGAIN = statement("DELETE FROM notifications WHERE topic_id = :topic AND kind = :kind")


class OutdatedMark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an entry is no longer so."""

    reason: LongText


class WhyOutdated(Invalid):
    """Saying that something is outdated needs a reason."""

    message = "Say what is no longer so."


async def verify_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Say that an entry is still as it says: who contributed, or a curator."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_verify(actor, board, entry, now)
    await tx.run(_VERIFY, entry=entry_id, now=now, by=actor.signed_in())
    await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def outdate_entry(tx: Transaction, actor: Actor, entry_id: EntryId, new: OutdatedMark) -> None:
    """Say that an entry is outdated, and why: any member; it is taken back by verifying or changing the entry."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now, reason = clock.now(), tidy(new.reason)
    ensure_can_confirm_entry(actor, board, entry, now)
    if not reason:
        raise WhyOutdated(field="reason")
    if await tx.run(_OUTDATE, entry=entry_id, now=now, reason=reason):
        asked = [row["member_id"] for row in await tx.rows(_CONTRIBUTORS, entry=entry_id)]
        reasons = {MemberId(one): OUTDATED for one in asked}
        reasons.pop(actor.signed_in(), None)
        await notify(tx, "entry_outdated", entry.topic_id, entry.post_id, reasons)
        await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def remind_due_entry(db: Database) -> bool:
    """Remind of one entry that is due; the chore that keeps a board from growing old unseen."""
    now = clock.now()
    async with db.begin() as tx:
        row = await tx.row(_TAKE, now=now, patient=now - PATIENCE, patience=PATIENCE)
        if row is None:
            return False
        asked = await tx.rows(_CONTRIBUTORS, entry=row["id"])
        reasons = {MemberId(one["member_id"]): DUE for one in asked}
        if row["is_late"] or not reasons:
            curators = await tx.rows(_CURATORS, board=row["board_id"])
            reasons = {MemberId(one["member_id"]): STILL_DUE for one in curators}
        kind = "entry_still_due" if row["is_late"] else "entry_due"
        await tx.run(_AGAIN, topic=row["topic_id"], kind=kind)
        await notify(tx, kind, TopicId(row["topic_id"]), PostId(row["post_id"]), reasons)
    return True
