"""Notices: posting, rewording, moving, pinning, ending and withdrawing them. (Reading them is in notice_reading.py.)"""

import re

from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from sqlalchemy import and_, bindparam, insert, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import ColumnId, NoticeId, PostId, RoomId
from core.text import ONE_LINE, tidy
from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from forum.policy import NotYours, TopicLocked
from forum.posts.held_insertion import insert_held_posts, release_post, rewrite_held_text
from forum.posts.insertion import NewPost, insert_posts
from forum.posts.screening import Screen, TextBeforeEdit, TextToScreen, note_matches, screen_nothing
from forum.shapes import HeldEdit, PostChange
from forum.text.markdown import render
from forum.topics.topics import get_topic
from forum.writing import editing, withdrawal
from gatherings.events import NoticeChanged, NoticePosted
from gatherings.notices.facts import (
    announce_change,
    ensure_current,
    ensure_not_removed,
    get_notice,
    lock_notice,
    room_of_notice,
)
from gatherings.notices.policy import (
    EmptyNotice,
    NoSuchColumn,
    NoticeApproved,
    NoticeFacts,
    ensure_can_arrange,
    ensure_can_move_notice,
    ensure_can_reword,
    ensure_valid_end,
    is_held,
)
from gatherings.notices.reading import joined, show_notice, split
from gatherings.policy_rooms import ApprovedAsItIs, RoomFacts, ensure_can_write
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer, lock_writer
from gatherings.shapes.notices import NOTICE_TITLE_LENGTH, NewNotice, Notice, NoticeChange
from gatherings.tables import board_columns, notices
from storage.database import Reader, Transaction
from storage.statements import statement

# What is written in the topic may say more than a title can.
_LINE = re.compile(ONE_LINE)

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
_TAKE_OFF = statement("UPDATE notices SET taken_off = :taken_off, version = version + 1 WHERE id = :notice")
_PINNED_AT = statement("SELECT pinned_at FROM notices WHERE id = :notice")
_NAME = statement("UPDATE notices SET title = :title WHERE id = :notice AND title <> :title")
SELECT_POST_KIND = statement("""
SELECT n.id, n.room_id, p.body FROM notices n JOIN posts p ON p.id = n.post_id WHERE n.post_id = :post
""")


async def find_notice(tx: Reader, actor: Actor, notice_id: NoticeId) -> tuple[RoomFacts, Notice]:
    """A notice that the actor can see, and its room."""
    room = await room_of_notice(tx, actor, notice_id)
    await get_notice(tx, actor, room, notice_id)
    notice = await show_notice(tx, actor, room, notice_id)
    if notice.title is UNSET:
        raise NotFound
    return room, notice


async def post_notice(
    tx: Transaction, actor: Actor, room_id: RoomId, new: NewNotice, screen: Screen = screen_nothing
) -> Notice:
    """Put a notice on the board: a post of the room's topic from now on; what a rule holds waits for a host."""
    room = await rooms.get_room(tx, actor, room_id, shared_lock=True)
    now = clock.now()
    _, writer = await lock_writer(tx, actor, room_id)
    ensure_can_write(actor, room, "board", writer, now)
    ensure_valid_end(new.expires_at)
    title, text = _text(new.title, new.body)
    await _ensure_column(tx, room, new.column)

    html = render(text, topic=room.topic_id, site=tx.site).html
    post = NewPost(author_id=actor.signed_in(), body=text, html=html, posted_at=now)
    verdict = await screen(actor, _written(room, text, html), tx)
    is_caught = verdict is not None and verdict.holds
    post_id = await _place(tx, actor, room, post, is_caught or is_held(actor, room, writer))
    if verdict is not None:
        await (verdict.note if is_caught else verdict.keep)(tx, post_id)
    facts = {"column_id": new.column, "title": title, "expires_at": new.expires_at}
    notice_id = NoticeId(await tx.value(_POST, room_id=room_id, post_id=post_id, **facts))
    await tx.record(NoticePosted(room_id=room_id, notice_id=notice_id))
    return await show_notice(tx, actor, room, notice_id)


async def change_notice(
    tx: Transaction,
    actor: Actor,
    notice_id: NoticeId,
    change: NoticeChange,
    version: int | None,
    screen: Screen = screen_nothing,
) -> Notice:
    """Reword one's notice, or say until when it stays; hosts say the latter of any. What a rule holds waits beside it."""
    rewords = change.title is not UNSET or change.body is not UNSET
    found = await lock_notice(tx, actor, notice_id, with_topic=rewords)
    room, notice, now = found.room, found.notice, clock.now()
    writer = await get_writer(tx, actor, room)
    (ensure_can_reword if rewords else ensure_can_move_notice)(actor, room, notice, writer, now)
    ensure_not_removed(notice)
    expires_at = notice.expires_at if change.expires_at is UNSET else change.expires_at
    ensure_valid_end(expires_at)
    _, body = split(notice.body)
    title, text = _text(
        notice.title if change.title is UNSET else change.title, body if change.body is UNSET else change.body
    )
    is_same_text = not rewords or text == notice.body
    if not is_same_text and notice.post_state != "held" and is_held(actor, room, writer):
        raise ApprovedAsItIs
    if is_same_text and expires_at == notice.expires_at:
        return await show_notice(tx, actor, room, notice_id)
    await ensure_current(tx, actor, found, version)

    waits = UNSET if is_same_text else await _edit(tx, actor, room, notice, text, screen)
    if not is_same_text and waits is UNSET:
        await tx.run(_NAME, notice=notice_id, title=title)
    if expires_at != notice.expires_at:
        await _arrange(tx, notice, end=expires_at)
    return replace(await announce_change(tx, actor, room, notice_id), held_edit=waits)


async def move_notice(
    tx: Transaction, actor: Actor, notice_id: NoticeId, column_id: ColumnId, version: int | None
) -> Notice:
    """Put a notice into another column of its board."""
    found = await lock_notice(tx, actor, notice_id)
    ensure_can_move_notice(
        actor, found.room, found.notice, await get_writer(tx, actor, found.room), clock.now()
    )
    ensure_not_removed(found.notice)
    if found.notice.column_id == column_id:
        return await show_notice(tx, actor, found.room, notice_id)
    await _ensure_column(tx, found.room, column_id)
    await ensure_current(tx, actor, found, version)

    await _arrange(tx, found.notice, column=column_id)
    return await announce_change(tx, actor, found.room, notice_id)


async def pin_notice(tx: Transaction, actor: Actor, notice_id: NoticeId, wanted: bool) -> Notice:
    """Pin a notice, so that it stands first, or unpin it; as often as one likes, with the same outcome."""
    found = await lock_notice(tx, actor, notice_id)
    ensure_can_arrange(actor, found.room, clock.now())
    ensure_not_removed(found.notice)

    if found.notice.is_pinned == wanted:
        return await show_notice(tx, actor, found.room, notice_id)
    await _arrange(tx, found.notice, pin=wanted)
    return await announce_change(tx, actor, found.room, notice_id)


async def withdraw_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> None:
    """Take one's notice off the board. Withdrawing twice changes nothing."""
    found = await lock_notice(tx, actor, notice_id, with_topic=True)
    notice = found.notice
    if notice.post_state != "held":
        await withdrawal.withdraw_post(tx, actor, notice.post_id)
    elif not notice.is_own:
        raise NotYours
    else:
        await tx.run(_TAKE_OFF, notice=notice_id, taken_off="withdrawn")
    if "withdrawn" not in (notice.post_state, notice.taken_off):
        await tx.record(NoticeChanged(room_id=found.room.id, notice_id=notice_id))


async def approve_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> Notice:
    """Let everybody see a notice that waits; its post comes into the topic only now. Twice is as once."""
    found = await lock_notice(tx, actor, notice_id, with_topic=True)
    room, notice = found.room, found.notice
    ensure_can_arrange(actor, room, clock.now())
    ensure_not_removed(notice)
    if notice.post_state == "held":
        was_held = await release_post(tx, room.topic_id, notice.post_id, clock.now())
        assert was_held  # it has just been seen to be
        await tx.run(_TAKE_OFF, notice=notice_id, taken_off=None)
        await tx.record(NoticePosted(room_id=room.id, notice_id=notice_id))
    return await show_notice(tx, actor, room, notice_id)


async def decline_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> None:
    """Do not let others see a notice that waits; its author can reword it, and then it waits again."""
    found = await lock_notice(tx, actor, notice_id)
    ensure_can_arrange(actor, found.room, clock.now())
    ensure_not_removed(found.notice)
    if found.notice.post_state != "held":
        raise NoticeApproved
    await tx.run(_TAKE_OFF, notice=notice_id, taken_off="declined")
    await tx.record(NoticeChanged(room_id=found.room.id, notice_id=notice_id))


async def on_post_changed(
    tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored | PostHidden | PostUnhidden
) -> None:
    """Tell the room what became of a notice's post elsewhere: edited, then perhaps its title too; withdrawn, restored,
    hidden, shown again. A reaction to what happens in the topic; run twice, it tells twice the same."""
    row = await tx.row(SELECT_POST_KIND, post=event.post_id)
    if row is None:
        return
    title, _ = split(row["body"])
    if title is not None and _LINE.search(title):
        await tx.run(_NAME, notice=row["id"], title=title[:NOTICE_TITLE_LENGTH])
    await tx.record(NoticeChanged(room_id=row["room_id"], notice_id=row["id"]))


def _written(room: RoomFacts, text: str, html: str, before: TextBeforeEdit | None = None) -> TextToScreen:
    return TextToScreen(
        kind="notice", sector_id=room.sector_id, topic_id=room.topic_id, body=text, html=html, before=before
    )


async def _place(tx: Transaction, actor: Actor, room: RoomFacts, post: NewPost, waits: bool) -> PostId:
    # Holding does not look at the topic; who could not post there does not wait to post there either.
    topic = await get_topic(tx, actor, room.topic_id, lock=True)
    if topic.is_locked or topic.is_gone:
        raise TopicLocked
    if waits:
        return (await insert_held_posts(tx, room.topic_id, [post]))[0]
    return PostId((await insert_posts(tx, room.topic_id, [post], post.posted_at))[0].id)


async def _edit(
    tx: Transaction, actor: Actor, room: RoomFacts, notice: NoticeFacts, text: str, screen: Screen
) -> HeldEdit | UnsetType:
    if notice.post_state != "held":
        bounds = editing.EditRules(is_plain=True, screen=screen)
        post = await editing.edit_post(tx, actor, notice.post_id, PostChange(body=text), None, bounds)
        return post.held_edit
    now, html = clock.now(), render(text, topic=room.topic_id, site=tx.site).html
    before = TextBeforeEdit(post_id=notice.post_id, body=notice.body, html="", posted_at=now)
    await note_matches(tx, actor, _written(room, text, html, before), notice.post_id, screen)
    await rewrite_held_text(tx, notice.post_id, text, html, now)
    await tx.run(_TAKE_OFF, notice=notice.id, taken_off=None)
    return UNSET


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


def _text(title: str, body: str) -> tuple[str, str]:
    title, body = tidy(title), tidy(body)
    for name, said in (("title", title), ("body", body)):
        if not said:
            raise EmptyNotice(field=name)
    return title, joined(title, body)
