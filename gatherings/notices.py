"""Notices: posting, rewording, moving, pinning, ending and withdrawing them. (Reading them is in notice_reading.py.)"""

from collections.abc import Awaitable, Callable

from msgspec import UNSET, Struct
from sqlalchemy import BigInteger, and_, bindparam, func, insert, or_, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import ColumnId, NoticeId, RoomId
from core.text import tidy
from forum import posts as forum_posts
from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from forum.markup import render
from forum.placing import NewPost, place_posts
from forum.policy import PostHidden as HiddenPost
from forum.policy import PostWithdrawn as WithdrawnPost
from forum.policy import TopicLocked
from forum.shapes import PostChange
from forum.tables import posts, topics
from forum.topics import get_topic
from forum.visibility import seen_by, visible_topics
from gatherings import rooms
from gatherings.events import NoticeChanged, NoticePosted
from gatherings.notice_reading import joined, notices_seen_by, show_notice, split, visible_notices
from gatherings.policy import RoomFacts, ensure_can_write
from gatherings.policy_notices import (
    EmptyNotice,
    NoSuchColumn,
    NoticeFacts,
    ensure_can_arrange,
    ensure_can_move_notice,
    ensure_can_reword,
    ensure_end,
)
from gatherings.shapes_notices import (
    NOTICE_TITLE_LENGTH,
    NewNotice,
    Notice,
    NoticeChange,
)
from gatherings.tables import board_columns, notices
from gatherings.tables import rooms as room_table
from gatherings.writing import get_writer
from storage.database import Reader, Transaction
from storage.statements import statement

_ROOM_OF = statement(
    select(notices.c.room_id)
    .join(room_table, room_table.c.id == notices.c.room_id)
    .join(topics, topics.c.id == room_table.c.topic_id)
    .where(notices.c.id == bindparam("id"), visible_topics())
)
_own = func.coalesce(posts.c.author_id == bindparam("viewer", type_=BigInteger), False)
_FACTS = (
    select(
        *notices.c[("id", "post_id", "column_id", "title", "expires_at")],
        notices.c.pinned_at.is_not(None).label("is_pinned"),
        (notices.c.version + posts.c.version - 1).label("version"),
        posts.c.state.label("post_state"),
        posts.c.body,
        _own.label("is_own"),
    )
    .join(posts, posts.c.id == notices.c.post_id)
    .where(notices.c.id == bindparam("id"), or_(visible_notices(), _own))
)
_GET = statement(_FACTS)
_GET_LOCKED = statement(_FACTS.with_for_update(key_share=True, of=notices))
_IN_ROOM = statement(
    select(board_columns.c.id).where(
        and_(board_columns.c.id == bindparam("column"), board_columns.c.room_id == bindparam("room"))
    )
)
_POST = statement(
    insert(notices)
    .values({name: bindparam(name) for name in ("room_id", "column_id", "post_id", "title", "expires_at")})
    .returning(notices.c.id)
)
_ARRANGE = statement(
    update(notices)
    .where(notices.c.id == bindparam("notice"))
    .values(
        column_id=bindparam("new_column"),
        expires_at=bindparam("new_end"),
        pinned_at=bindparam("new_pin"),
        version=notices.c.version + 1,
    )
)
_PINNED_AT = statement("SELECT pinned_at FROM notices WHERE id = :notice")
_NAME = statement("UPDATE notices SET title = :title WHERE id = :notice AND title <> :title")
_OF_POST = statement("""
SELECT n.id, n.room_id, p.body FROM notices n JOIN posts p ON p.id = n.post_id WHERE n.post_id = :post
""")

Rule = Callable[["Found"], Awaitable[None]]


class Found(Struct, frozen=True):
    """A notice and its room, as the rules look at them."""

    room: RoomFacts
    notice: NoticeFacts


async def find_notice(tx: Reader, actor: Actor, notice_id: NoticeId) -> tuple[RoomFacts, Notice]:
    """A notice that the actor can see, and its room."""
    room = await _room_of(tx, actor, notice_id)
    await _get(tx, actor, room, notice_id)
    notice = await show_notice(tx, actor, room, notice_id)
    if notice.title is UNSET:
        raise NotFound
    return room, notice


async def post_notice(tx: Transaction, actor: Actor, room_id: RoomId, new: NewNotice) -> Notice:
    """Put a notice on the board: a post of the room's topic from now on."""
    room = await rooms.get_room(tx, actor, room_id, steady=True)
    now = clock.now()
    ensure_can_write(actor, room, "board", await get_writer(tx, actor, room), now)
    ensure_end(new.expires_at)
    title, text = _text(new.title, new.body)
    await _ensure_column(tx, room, new.column)

    html = render(text, topic=room.topic_id, site=tx.site).html
    post = NewPost(author_id=actor.signed_in(), body=text, html=html, posted_at=now)
    placed = await place_posts(tx, room.topic_id, [post], now)
    if not placed:
        raise TopicLocked
    facts = {"column_id": new.column, "title": title, "expires_at": new.expires_at}
    notice_id = NoticeId(await tx.value(_POST, room_id=room_id, post_id=placed[0].id, **facts))
    await tx.record(NoticePosted(room_id=room_id, notice_id=notice_id))
    return await show_notice(tx, actor, room, notice_id)


async def change_notice(
    tx: Transaction, actor: Actor, notice_id: NoticeId, change: NoticeChange, version: int | None
) -> Notice:
    """Reword one's notice, or say until when it stays; hosts say the latter of any."""
    rewords = change.title is not UNSET or change.body is not UNSET
    found = await _hold(tx, actor, notice_id, with_topic=rewords)
    room, notice, now = found.room, found.notice, clock.now()
    writer = await get_writer(tx, actor, room)
    rule = ensure_can_reword if rewords else ensure_can_move_notice
    rule(actor, room, notice, writer, now)
    _ensure_there(notice)
    expires_at = notice.expires_at if change.expires_at is UNSET else change.expires_at
    ensure_end(expires_at)
    _, body = split(notice.body)
    title, text = _text(
        notice.title if change.title is UNSET else change.title, body if change.body is UNSET else change.body
    )
    is_same_text = not rewords or text == notice.body
    if is_same_text and expires_at == notice.expires_at:
        return await show_notice(tx, actor, room, notice_id)
    await _ensure_current(tx, actor, found, version)

    if not is_same_text:
        await forum_posts.edit_post(tx, actor, notice.post_id, PostChange(body=text), None)
        await tx.run(_NAME, notice=notice_id, title=title)
    if expires_at != notice.expires_at:
        await _arrange(tx, notice, end=expires_at)
    return await _tell(tx, actor, room, notice_id)


async def move_notice(
    tx: Transaction, actor: Actor, notice_id: NoticeId, column_id: ColumnId, version: int | None
) -> Notice:
    """Put a notice into another column of its board."""
    found = await _hold(tx, actor, notice_id)
    ensure_can_move_notice(
        actor, found.room, found.notice, await get_writer(tx, actor, found.room), clock.now()
    )
    _ensure_there(found.notice)
    if found.notice.column_id == column_id:
        return await show_notice(tx, actor, found.room, notice_id)
    await _ensure_column(tx, found.room, column_id)
    await _ensure_current(tx, actor, found, version)

    await _arrange(tx, found.notice, column=column_id)
    return await _tell(tx, actor, found.room, notice_id)


async def pin_notice(tx: Transaction, actor: Actor, notice_id: NoticeId, wanted: bool) -> Notice:
    """Pin a notice, so that it stands first, or unpin it; as often as one likes, with the same outcome."""
    found = await _hold(tx, actor, notice_id)
    ensure_can_arrange(actor, found.room, clock.now())
    _ensure_there(found.notice)

    if found.notice.is_pinned == wanted:
        return await show_notice(tx, actor, found.room, notice_id)
    await _arrange(tx, found.notice, pin=wanted)
    return await _tell(tx, actor, found.room, notice_id)


async def withdraw_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> None:
    """Take one's notice off the board. Withdrawing twice changes nothing."""
    found = await _hold(tx, actor, notice_id, with_topic=True)
    await forum_posts.withdraw_post(tx, actor, found.notice.post_id)
    if found.notice.post_state != "withdrawn":
        await tx.record(NoticeChanged(room_id=found.room.id, notice_id=notice_id))


async def follow_post(
    tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored | PostHidden | PostUnhidden
) -> None:
    """Tell the room what became of a notice's post elsewhere: edited, then perhaps its title too; withdrawn, restored,
    hidden, shown again. A reaction to what happens in the topic; run twice, it tells twice the same."""
    row = await tx.row(_OF_POST, post=event.post_id)
    if row is None:
        return
    title, _ = split(row["body"])
    if title is not None:
        await tx.run(_NAME, notice=row["id"], title=title[:NOTICE_TITLE_LENGTH])
    await tx.record(NoticeChanged(room_id=row["room_id"], notice_id=row["id"]))


async def _room_of(tx: Reader, actor: Actor, notice_id: NoticeId, *, steady: bool = False) -> RoomFacts:
    room_id = await tx.value(_ROOM_OF, id=notice_id, **seen_by(actor))
    if room_id is None:
        raise NotFound
    return await rooms.get_room(tx, actor, RoomId(room_id), steady=steady)


async def _hold(tx: Transaction, actor: Actor, notice_id: NoticeId, with_topic: bool = False) -> Found:
    # The room before the topic before the notice, always, as who posts and who removes a column.
    actor.may_write(clock.now())
    room = await _room_of(tx, actor, notice_id, steady=True)
    if with_topic:
        await get_topic(tx, actor, room.topic_id, lock=True)
    return Found(room, await _get(tx, actor, room, notice_id, lock=True))


async def _get(
    tx: Reader, actor: Actor, room: RoomFacts, notice_id: NoticeId, lock: bool = False
) -> NoticeFacts:
    query = _GET_LOCKED if lock else _GET
    row = await tx.row(query, id=notice_id, **notices_seen_by(actor, room))
    if row is None:
        raise NotFound
    return NoticeFacts(**row)


def _ensure_there(notice: NoticeFacts) -> None:
    if notice.post_state == "hidden":
        raise HiddenPost
    if notice.post_state == "withdrawn":
        raise WithdrawnPost


async def _ensure_current(tx: Reader, actor: Actor, found: Found, version: int | None) -> None:
    if version is not None and version != found.notice.version:
        raise Stale(await show_notice(tx, actor, found.room, found.notice.id))


async def _ensure_column(tx: Reader, room: RoomFacts, column_id: int) -> None:
    if await tx.value(_IN_ROOM, column=column_id, room=room.id) is None:
        raise NoSuchColumn(field="column")


async def _arrange(
    tx: Transaction,
    notice: NoticeFacts,
    *,
    column: ColumnId | None = None,
    end: object = UNSET,
    pin: bool | None = None,
) -> None:
    pinned_at = await tx.value(_PINNED_AT, notice=notice.id) if pin is None else clock.now() if pin else None
    await tx.run(
        _ARRANGE,
        notice=notice.id,
        new_column=column or notice.column_id,
        new_end=notice.expires_at if end is UNSET else end,
        new_pin=pinned_at,
    )


async def _tell(tx: Transaction, actor: Actor, room: RoomFacts, notice_id: NoticeId) -> Notice:
    await tx.record(NoticeChanged(room_id=room.id, notice_id=notice_id))
    return await show_notice(tx, actor, room, notice_id)


def _text(title: str, body: str) -> tuple[str, str]:
    title, body = tidy(title), tidy(body)
    for name, said in (("title", title), ("body", body)):
        if not said:
            raise EmptyNotice(field=name)
    return title, joined(title, body)
