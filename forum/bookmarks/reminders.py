"""Reminders of bookmarks: the scheduled job that notifies members when the time that they chose has come."""

from asyncpg import Record

from core import clock
from core.ids import MemberId, PostId, TopicId
from forum.bookmarks.bookmark_list import find_bookmark
from forum.notifications.notifications import BOOKMARKED, notify_again
from members.accounts.actors import load_officer
from storage.database import Database, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

_LOCK_NEXT_BOOKMARK = statement("""
SELECT CAST(b.id AS text) AS item, b.id, b.member_id, b.post_id, b.note FROM bookmarks b
WHERE b.remind_at <= :now AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'bookmarks' AND w.item = CAST(b.id AS text) AND w.due_at > :now)
ORDER BY b.remind_at, b.id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_UPDATE_REMINDED_BOOKMARK = statement("""
UPDATE bookmarks SET remind_at = NULL, reminded_at = coalesce(CAST(:at AS timestamptz), reminded_at) WHERE id = :id
""")


async def remind_of_next_bookmark(db: Database) -> bool:
    """Notify the member of one bookmark whose reminder is due; return False if none is due. This is a scheduled job."""
    return await _REMINDERS.run_next(db)


async def _take_bookmark(tx: Transaction) -> Record | None:
    return await tx.row(_LOCK_NEXT_BOOKMARK, now=clock.now())


async def _remind(tx: Transaction, row: Record) -> None:
    # The member with their duties, as on the page of bookmarks; e-mails leave out what only moderators can read.
    member, post, now = MemberId(row["member_id"]), PostId(row["post_id"]), clock.now()
    bookmark = await find_bookmark(tx, await load_officer(tx, member, now), post)
    if bookmark is None or bookmark.topic is None:
        await tx.run(_UPDATE_REMINDED_BOOKMARK, id=row["id"], at=None)
        return
    await tx.run(_UPDATE_REMINDED_BOOKMARK, id=row["id"], at=now)
    reason = row["note"] or {"code": BOOKMARKED}
    await notify_again(tx, BOOKMARKED, TopicId(bookmark.topic), post, {member: reason})


_REMINDERS = ItemJob("bookmarks", _take_bookmark, _remind)
