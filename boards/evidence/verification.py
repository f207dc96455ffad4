"""Verification: members state that an entry is still correct or outdated, and contributors are reminded when it is due."""

from datetime import timedelta

from asyncpg import Record
from msgspec import Struct

from boards.events import EntryChanged
from boards.lookup.lookup import lock_entry
from boards.policy import ensure_can_confirm_entry, ensure_can_verify
from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.ids import EntryId, MemberId, PostId, TopicId
from core.languages.texts import translatable
from core.text import LongText, tidy
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from forum.posts.screening import Screen, TextToScreen, report_matches, screen_nothing
from storage.database import Database, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

# Contributors are reminded when an entry is due, and curators this long afterwards if nobody has verified it.
CURATOR_REMINDER_DELAY = timedelta(days=14)
DUE: Because = {"code": "entry_due"}
STILL_DUE: Because = {"code": "entry_still_due"}
OUTDATED: Because = {"code": "entry_outdated"}

UPDATE_VERIFIED = statement("""
UPDATE entries SET verified_at = :now, verified_by = :by, outdated_at = NULL, outdated_reason = '', reminded_at = NULL,
    version = version + 1 WHERE id = :entry
""")
UPDATE_OUTDATED = statement("""
UPDATE entries SET outdated_at = :now, outdated_reason = :reason, version = version + 1
WHERE id = :entry AND (outdated_at IS NULL OR outdated_reason <> :reason)
""")
# An entry is taken once when it is due, for its contributors, and once after the delay, for the curators.
LOCK_DUE_ENTRY = statement("""
SELECT CAST(o.id AS text) AS item, o.id, o.board_id, o.topic_id, o.post_id,
    o.verified_at + make_interval(days => ob.verify_days) + :delay <= :now AS is_late
FROM entries o JOIN boards ob ON ob.id = o.board_id JOIN posts p ON p.id = o.post_id JOIN topics t ON t.id = o.topic_id
WHERE o.merged_into IS NULL AND p.state = 'published' AND t.hidden_at IS NULL AND t.withdrawn_at IS NULL
    AND o.verified_at + make_interval(days => ob.verify_days) <= :now
    AND (o.reminded_at IS NULL OR (
        o.reminded_at <= :before AND o.reminded_at < o.verified_at + make_interval(days => ob.verify_days) + :delay
    )) AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'reminders' AND w.item = CAST(o.id AS text) AND w.due_at > :now)
ORDER BY o.verified_at, o.id LIMIT 1 FOR UPDATE OF o SKIP LOCKED
""")
UPDATE_REMINDED = statement("UPDATE entries SET reminded_at = :now WHERE id = :entry")
SELECT_CONTRIBUTOR_IDS = statement("SELECT member_id FROM entry_contributors WHERE entry_id = :entry")
SELECT_CURATOR_IDS = statement("""
SELECT member_id FROM board_curators WHERE board_id = :board
UNION
SELECT d.member_id FROM duties d JOIN boards b ON b.sector_id = d.sector_id WHERE b.id = :board AND d.duty = 'moderator'
""")


# Notifications are unique, so last year's reminder is deleted before the new one.
DELETE_OLD_REMINDERS = statement("DELETE FROM notifications WHERE topic_id = :topic AND kind = :kind")


class OutdatedMark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reason why an entry is outdated."""

    reason: LongText


class WhyOutdated(Invalid):
    """An entry was marked as outdated without a reason."""

    message = translatable("Say what is no longer so.")


async def verify_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Mark an entry as still correct; raise NotYourEntry, EntryIsMerged or EntryIsGone."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_verify(actor, board, entry, now)
    await tx.run(UPDATE_VERIFIED, entry=entry_id, now=now, by=actor.signed_in())
    await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def outdate_entry(
    tx: Transaction, actor: Actor, entry_id: EntryId, new: OutdatedMark, screen: Screen = screen_nothing
) -> None:
    """Mark an entry as outdated and notify its contributors; verifying or changing the entry removes the mark.

    A reason that a filter matches is published, and reported with the entry.

    Raises WhyOutdated, EntryIsMerged or EntryIsGone.
    """
    board, entry = await lock_entry(tx, actor, entry_id)
    now, reason = clock.now(), tidy(new.reason)
    ensure_can_confirm_entry(actor, board, entry, now)
    if not reason:
        raise WhyOutdated(field="reason")
    if await tx.run(UPDATE_OUTDATED, entry=entry_id, now=now, reason=reason):
        contributors = await tx.rows(SELECT_CONTRIBUTOR_IDS, entry=entry_id)
        reasons = {MemberId(row["member_id"]): OUTDATED for row in contributors}
        reasons.pop(actor.signed_in(), None)
        await notify(tx, "entry_outdated", entry.topic_id, entry.post_id, reasons)
        text = TextToScreen(
            kind="entry", sector_id=board.sector_id, topic_id=entry.topic_id, body=reason, html=""
        )
        await report_matches(tx, actor, text, entry.post_id, screen)
        await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def remind_due_entry(db: Database) -> bool:
    """Scheduled job: remind the contributors or curators of one due entry; return whether there was one."""
    return await _REMINDERS.run_next(db)


async def _take_due_entry(tx: Transaction) -> Record | None:
    now = clock.now()
    return await tx.row(
        LOCK_DUE_ENTRY, now=now, before=now - CURATOR_REMINDER_DELAY, delay=CURATOR_REMINDER_DELAY
    )


async def _remind(tx: Transaction, row: Record) -> None:
    await tx.run(UPDATE_REMINDED, entry=row["id"], now=clock.now())
    contributors = await tx.rows(SELECT_CONTRIBUTOR_IDS, entry=row["id"])
    reasons = {MemberId(one["member_id"]): DUE for one in contributors}
    if row["is_late"] or not reasons:
        curators = await tx.rows(SELECT_CURATOR_IDS, board=row["board_id"])
        reasons = {MemberId(one["member_id"]): STILL_DUE for one in curators}
    kind = "entry_still_due" if row["is_late"] else "entry_due"
    await tx.run(DELETE_OLD_REMINDERS, topic=row["topic_id"], kind=kind)
    await notify(tx, kind, TopicId(row["topic_id"]), PostId(row["post_id"]), reasons)


_REMINDERS = ItemJob("reminders", _take_due_entry, _remind)
