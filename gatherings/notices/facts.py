"""The facts of a notice that the rules need: finding it through the visibility conditions, and locking it."""

from msgspec import Struct
from sqlalchemy import BigInteger, Boolean, and_, bindparam, func, or_, select

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import NoticeId, RoomId
from forum.policy import PostHidden, PostWithdrawn
from forum.tables import posts, topics
from forum.topics.topics import get_topic
from forum.visibility import seen_by, visible_topics
from gatherings.events import NoticeChanged
from gatherings.notices.policy import NoticeFacts
from gatherings.notices.reading import notice_binds_for_actor, show_notice, visible_notices
from gatherings.policy_rooms import RoomFacts
from gatherings.rooms import rooms
from gatherings.shapes.notices import Notice
from gatherings.tables import notices
from gatherings.tables import rooms as room_table
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_ROOM_OF_NOTICE = statement(
    select(notices.c.room_id)
    .join(room_table, room_table.c.id == notices.c.room_id)
    .join(topics, topics.c.id == room_table.c.topic_id)
    .where(notices.c.id == bindparam("id"), visible_topics())
)
_is_own = func.coalesce(posts.c.author_id == bindparam("viewer", type_=BigInteger), False)
# Hosts still find a notice that they declined, so that they can approve it after all.
_is_declined_and_hosted = and_(bindparam("hosting", type_=Boolean), notices.c.taken_off == "declined")
_NOTICE_FACTS = (
    select(
        *notices.c[("id", "post_id", "column_id", "title", "expires_at", "taken_off")],
        notices.c.pinned_at.is_not(None).label("is_pinned"),
        (notices.c.version + posts.c.version - 1).label("version"),
        posts.c.state.label("post_state"),
        posts.c.body,
        _is_own.label("is_own"),
    )
    .join(posts, posts.c.id == notices.c.post_id)
    .where(notices.c.id == bindparam("id"), or_(visible_notices(), _is_own, _is_declined_and_hosted))
)
SELECT_NOTICE_FACTS = statement(_NOTICE_FACTS)
LOCK_NOTICE = statement(_NOTICE_FACTS.with_for_update(key_share=True, of=notices))


class FoundNotice(Struct, frozen=True):
    """The facts of a notice and of its room."""

    room: RoomFacts
    notice: NoticeFacts


async def get_room_of_notice(
    tx: Reader, actor: Actor, notice_id: NoticeId, *, shared_lock: bool = False
) -> RoomFacts:
    """Return the facts of a notice's room, locked against changes if `shared_lock`; raise NotFound."""
    room_id = await tx.value(SELECT_ROOM_OF_NOTICE, id=notice_id, **seen_by(actor))
    if room_id is None:
        raise NotFound
    return await rooms.get_room(tx, actor, RoomId(room_id), shared_lock=shared_lock)


async def lock_notice(
    tx: Transaction, actor: Actor, notice_id: NoticeId, with_topic: bool = False
) -> FoundNotice:
    """Lock a notice for an actor who can write, with its topic if its post will change, and return the facts.

    Raises NotFound and the refusals of `may_write`.
    """
    # The order of locks is always room, topic, notice, as when a notice is posted or a column removed.
    actor.may_write(clock.now())
    room = await get_room_of_notice(tx, actor, notice_id, shared_lock=True)
    actor.may_write(clock.now(), room.sector_id)
    if with_topic:
        await get_topic(tx, actor, room.topic_id, lock=True)
    return FoundNotice(room, await get_notice(tx, actor, room, notice_id, lock=True))


async def get_notice(
    tx: Reader, actor: Actor, room: RoomFacts, notice_id: NoticeId, lock: bool = False
) -> NoticeFacts:
    """Return the facts of a notice that the actor can see or has written, locked if `lock`; raise NotFound."""
    query = LOCK_NOTICE if lock else SELECT_NOTICE_FACTS
    row = await tx.row(query, id=notice_id, **notice_binds_for_actor(actor, room))
    if row is None:
        raise NotFound
    return NoticeFacts(**row)


def ensure_not_removed(notice: NoticeFacts) -> None:
    """Withdrawn and hidden notices are not changed; raise PostHidden or PostWithdrawn."""
    if notice.post_state == "hidden":
        raise PostHidden
    if "withdrawn" in (notice.post_state, notice.taken_off):
        raise PostWithdrawn


async def ensure_current(tx: Reader, actor: Actor, found: FoundNotice, version: int | None) -> None:
    """A change is based on the current version of the notice; raise Stale with the current notice."""
    if version is not None and version != found.notice.version:
        raise Stale(await show_notice(tx, actor, found.room, found.notice.id))


async def announce_change(tx: Transaction, actor: Actor, room: RoomFacts, notice_id: NoticeId) -> Notice:
    """Record the event that a notice changed, and return the notice as the actor sees it."""
    await tx.record(NoticeChanged(room_id=room.id, notice_id=notice_id))
    return await show_notice(tx, actor, room, notice_id)
