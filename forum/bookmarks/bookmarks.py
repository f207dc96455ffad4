"""Setting, changing and removing bookmarks."""

from datetime import datetime

from msgspec import UNSET
from sqlalchemy import bindparam, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.ids import PostId
from core.languages.texts import translatable
from core.text import tidy
from forum.bookmarks.bookmark_list import find_bookmark
from forum.bookmarks.shapes import Bookmark, BookmarkChange
from forum.tables import posts, topics
from forum.topics.status import AlreadyPast
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from storage.database import Transaction
from storage.statements import statement

MAX_BOOKMARKS = 1_000

_SELECT_READABLE_POST = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), posts_not_held(), visible_topics(), visible_text())
)
# Bookmarks of one member are set one after another, so that two of them cannot exceed the limit.
_LOCK_MEMBER_WITH_BOOKMARKS = statement("SELECT id FROM members WHERE id = :member FOR NO KEY UPDATE")
_COUNT_OTHER_BOOKMARKS = statement(
    "SELECT count(*) FROM bookmarks WHERE member_id = :member AND post_id <> :post"
)
_UPSERT_BOOKMARK = statement("""
INSERT INTO bookmarks (member_id, post_id, note, set_at, remind_at) VALUES (:member, :post, :note, :now, :remind_at)
ON CONFLICT (member_id, post_id) DO UPDATE SET
    note = CASE WHEN CAST(:has_note AS boolean) THEN excluded.note ELSE bookmarks.note END,
    remind_at = CASE WHEN CAST(:has_time AS boolean) THEN excluded.remind_at ELSE bookmarks.remind_at END
""")
_DELETE_BOOKMARK = statement("DELETE FROM bookmarks WHERE member_id = :member AND post_id = :post")


class TooManyBookmarks(Conflict):
    """The member already has `MAX_BOOKMARKS` bookmarks."""

    message = translatable("You have 1,000 bookmarks. Remove one of them first.")


async def set_bookmark(tx: Transaction, actor: Actor, post_id: PostId, change: BookmarkChange) -> Bookmark:
    """Bookmark a post, or change the note and the reminder of its bookmark; return the bookmark.

    Raises SignInFirst, NotFound if the actor cannot read the post, AlreadyPast or TooManyBookmarks.
    """
    member, now = actor.signed_in(), clock.now()
    if await tx.value(_SELECT_READABLE_POST, id=post_id, **seen_by(actor)) is None:
        raise NotFound
    if isinstance(change.remind_at, datetime) and change.remind_at <= now:
        raise AlreadyPast(field="remind_at")
    await tx.run(_LOCK_MEMBER_WITH_BOOKMARKS, member=member)
    if await tx.value(_COUNT_OTHER_BOOKMARKS, member=member, post=post_id) >= MAX_BOOKMARKS:
        raise TooManyBookmarks
    await tx.run(
        _UPSERT_BOOKMARK,
        member=member,
        post=post_id,
        note="" if change.note is UNSET else tidy(change.note),
        remind_at=None if change.remind_at is UNSET else change.remind_at,
        has_note=change.note is not UNSET,
        has_time=change.remind_at is not UNSET,
        now=now,
    )
    bookmark = await find_bookmark(tx, actor, post_id)
    assert bookmark is not None
    return bookmark


async def delete_bookmark(tx: Transaction, actor: Actor, post_id: PostId) -> None:
    """Remove the actor's bookmark of a post, whether the actor can still read the post or not; raise SignInFirst."""
    await tx.run(_DELETE_BOOKMARK, member=actor.signed_in(), post=post_id)
