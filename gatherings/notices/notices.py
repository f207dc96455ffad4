"""Notices: posting, editing, moving, pinning, approving and withdrawing them, and following changes of their posts."""

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
from forum.posts.held_insertion import insert_held_posts, rewrite_held_text
from forum.posts.insertion import NewPost, insert_posts
from forum.posts.screening import Screen, TextBeforeEdit, TextToScreen, note_matches, screen_nothing
from forum.shapes import HeldEdit, PostChange
from forum.text.rendering import render_post
from forum.topics.topics import get_topic
from forum.writing import editing, withdrawal
from gatherings.events import NoticeChanged, NoticePosted
from gatherings.notices.approvals import set_taken_off
from gatherings.notices.facts import (
    announce_change,
    ensure_current,
    ensure_not_removed,
    get_notice,
    get_room_of_notice,
    lock_notice,
)
from gatherings.notices.policy import (
    EmptyNotice,
    NoSuchColumn,
    NoticeFacts,
    ensure_can_arrange,
    ensure_can_edit_notice,
    ensure_can_move_notice,
    ensure_valid_end,
    needs_approval,
)
from gatherings.notices.reading import join_heading, show_notice, split_heading
from gatherings.policy_rooms import ApprovedAsItIs, RoomFacts, ensure_can_write
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer, lock_writer
from gatherings.shapes.notices import NOTICE_TITLE_LENGTH, NewNotice, Notice, NoticeChange
from gatherings.tables import board_columns, notices
from storage.database import Reader, Transaction
from storage.statements import statement

# A heading that the author writes in the topic may contain more than a title can.
_ONE_LINE = re.compile(ONE_LINE)

SELECT_COLUMN_OF_ROOM = statement(
    select(board_columns.c.id).where(
        and_(board_columns.c.id == bindparam("column"), board_columns.c.room_id == bindparam("room"))
    )
)
INSERT_NOTICE = statement(
    insert(notices)
    .values({name: bindparam(name) for name in ("room_id", "column_id", "post_id", "title", "expires_at")})
    .returning(notices.c.id)
)
UPDATE_NOTICE_POSITION = statement(
    update(notices)
    .where(notices.c.id == bindparam("notice"))
    .values(
        column_id=bindparam("new_column"),
        expires_at=bindparam("new_end"),
        pinned_at=bindparam("new_pin"),
        version=notices.c.version + 1,
    )
)
SELECT_PINNED_AT = statement("SELECT pinned_at FROM notices WHERE id = :notice")
UPDATE_NOTICE_TITLE = statement("UPDATE notices SET title = :title WHERE id = :notice AND title <> :title")
SELECT_NOTICE_OF_POST = statement("""
SELECT n.id, n.room_id, p.body FROM notices n JOIN posts p ON p.id = n.post_id WHERE n.post_id = :post
""")


async def find_notice(tx: Reader, actor: Actor, notice_id: NoticeId) -> tuple[RoomFacts, Notice]:
    """Return the facts of a notice's room, and the notice as the actor sees it; raise NotFound."""
    room = await get_room_of_notice(tx, actor, notice_id)
    await get_notice(tx, actor, room, notice_id)
    notice = await show_notice(tx, actor, room, notice_id)
    if notice.title is UNSET:
        raise NotFound
    return room, notice


async def post_notice(
    tx: Transaction, actor: Actor, room_id: RoomId, new: NewNotice, screen: Screen = screen_nothing
) -> Notice:
    """Post a notice, which is also a post of the room's topic, and return it; it may have to wait for a host's approval.

    It waits in a premoderated room, or if a filter holds it. Raises NotFound, the refusals of `ensure_can_write`,
    EndsOutOfRange, EmptyNotice, NoSuchColumn or TopicLocked.
    """
    room = await rooms.get_room(tx, actor, room_id, shared_lock=True)
    now = clock.now()
    _, writer = await lock_writer(tx, actor, room_id)
    ensure_can_write(actor, room, "board", writer, now)
    ensure_valid_end(new.expires_at)
    title, text = _validated_text(new.title, new.body)
    await _ensure_column(tx, room, new.column)

    html = (await render_post(tx, text, topic=room.topic_id, site=tx.site)).html
    post = NewPost(author_id=actor.signed_in(), body=text, html=html, posted_at=now)
    verdict = await screen(actor, _text_to_screen(room, text, html), tx)
    is_held_by_filter = verdict is not None and verdict.holds
    post_id = await _insert_post(
        tx, actor, room, post, is_held_by_filter or needs_approval(actor, room, writer)
    )
    if verdict is not None:
        await (verdict.note if is_held_by_filter else verdict.keep)(tx, post_id)
    facts = {"column_id": new.column, "title": title, "expires_at": new.expires_at}
    notice_id = NoticeId(await tx.value(INSERT_NOTICE, room_id=room_id, post_id=post_id, **facts))
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
    """Edit the actor's own notice or change when it expires, and return it; hosts change the expiry of any notice.

    If a filter holds the new text, the notice keeps its old text and has `held_edit`. Raises NotFound, NotYours,
    ModuleOff, SilencedHere, PostHidden, PostWithdrawn, EndsOutOfRange, EmptyNotice, ApprovedAsItIs or Stale.
    """
    changes_text = change.title is not UNSET or change.body is not UNSET
    found = await lock_notice(tx, actor, notice_id, with_topic=changes_text)
    room, notice, now = found.room, found.notice, clock.now()
    writer = await get_writer(tx, actor, room)
    (ensure_can_edit_notice if changes_text else ensure_can_move_notice)(actor, room, notice, writer, now)
    ensure_not_removed(notice)
    expires_at = notice.expires_at if change.expires_at is UNSET else change.expires_at
    ensure_valid_end(expires_at)
    _, body = split_heading(notice.body)
    title, text = _validated_text(
        notice.title if change.title is UNSET else change.title, body if change.body is UNSET else change.body
    )
    is_same_text = not changes_text or text == notice.body
    if not is_same_text and notice.post_state != "held" and needs_approval(actor, room, writer):
        raise ApprovedAsItIs
    if is_same_text and expires_at == notice.expires_at:
        return await show_notice(tx, actor, room, notice_id)
    await ensure_current(tx, actor, found, version)

    held_edit = UNSET if is_same_text else await _edit_text(tx, actor, room, notice, text, screen)
    if not is_same_text and held_edit is UNSET:
        await tx.run(UPDATE_NOTICE_TITLE, notice=notice_id, title=title)
    if expires_at != notice.expires_at:
        await _update_position(tx, notice, end=expires_at)
    return replace(await announce_change(tx, actor, room, notice_id), held_edit=held_edit)


async def move_notice(
    tx: Transaction, actor: Actor, notice_id: NoticeId, column_id: ColumnId, version: int | None
) -> Notice:
    """Move a notice to another column of its noticeboard and return it.

    Raises NotFound, NotYours, ModuleOff, SilencedHere, PostHidden, PostWithdrawn, NoSuchColumn or Stale.
    """
    found = await lock_notice(tx, actor, notice_id)
    ensure_can_move_notice(
        actor, found.room, found.notice, await get_writer(tx, actor, found.room), clock.now()
    )
    ensure_not_removed(found.notice)
    if found.notice.column_id == column_id:
        return await show_notice(tx, actor, found.room, notice_id)
    await _ensure_column(tx, found.room, column_id)
    await ensure_current(tx, actor, found, version)

    await _update_position(tx, found.notice, column=column_id)
    return await announce_change(tx, actor, found.room, notice_id)


async def pin_notice(tx: Transaction, actor: Actor, notice_id: NoticeId, wanted: bool) -> Notice:
    """Pin a notice, so that it is shown first, or unpin it, and return it; repeating it changes nothing.

    Raises NotFound, NotHost, ModuleOff, PostHidden or PostWithdrawn.
    """
    found = await lock_notice(tx, actor, notice_id)
    ensure_can_arrange(actor, found.room, clock.now())
    ensure_not_removed(found.notice)

    if found.notice.is_pinned == wanted:
        return await show_notice(tx, actor, found.room, notice_id)
    await _update_position(tx, found.notice, pin=wanted)
    return await announce_change(tx, actor, found.room, notice_id)


async def withdraw_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> None:
    """Withdraw the actor's own notice; repeating it changes nothing. Raises NotFound or NotYours."""
    found = await lock_notice(tx, actor, notice_id, with_topic=True)
    notice = found.notice
    if notice.post_state != "held":
        await withdrawal.withdraw_post(tx, actor, notice.post_id)
    elif not notice.is_own:
        raise NotYours
    else:
        await set_taken_off(tx, notice_id, "withdrawn")
    if "withdrawn" not in (notice.post_state, notice.taken_off):
        await tx.record(NoticeChanged(room_id=found.room.id, notice_id=notice_id))


async def on_post_changed(
    tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored | PostHidden | PostUnhidden
) -> None:
    """Announce in the room that a notice's post was edited, withdrawn, restored or hidden, and update the notice's title.

    Handling the event twice announces the same state twice and does no harm.
    """
    row = await tx.row(SELECT_NOTICE_OF_POST, post=event.post_id)
    if row is None:
        return
    title, _ = split_heading(row["body"])
    if title is not None and _ONE_LINE.search(title):
        await tx.run(UPDATE_NOTICE_TITLE, notice=row["id"], title=title[:NOTICE_TITLE_LENGTH])
    await tx.record(NoticeChanged(room_id=row["room_id"], notice_id=row["id"]))


def _text_to_screen(
    room: RoomFacts, text: str, html: str, before: TextBeforeEdit | None = None
) -> TextToScreen:
    return TextToScreen(
        kind="notice", sector_id=room.sector_id, topic_id=room.topic_id, body=text, html=html, before=before
    )


async def _insert_post(
    tx: Transaction, actor: Actor, room: RoomFacts, post: NewPost, held_edit: bool
) -> PostId:
    # `insert_held_posts` does not check the topic, but a notice that cannot be posted there must not wait for it either.
    topic = await get_topic(tx, actor, room.topic_id, lock=True)
    if topic.is_locked or topic.is_gone:
        raise TopicLocked
    if held_edit:
        return (await insert_held_posts(tx, room.topic_id, [post]))[0]
    return PostId((await insert_posts(tx, room.topic_id, [post], post.posted_at))[0].id)


async def _edit_text(
    tx: Transaction, actor: Actor, room: RoomFacts, notice: NoticeFacts, text: str, screen: Screen
) -> HeldEdit | UnsetType:
    if notice.post_state != "held":
        bounds = editing.EditRules(is_plain=True, screen=screen)
        post = await editing.edit_post(tx, actor, notice.post_id, PostChange(body=text), None, bounds)
        return post.held_edit
    now, html = clock.now(), (await render_post(tx, text, topic=room.topic_id, site=tx.site)).html
    before = TextBeforeEdit(post_id=notice.post_id, body=notice.body, html="", posted_at=now)
    await note_matches(tx, actor, _text_to_screen(room, text, html, before), notice.post_id, screen)
    await rewrite_held_text(tx, notice.post_id, text, html, now)
    await set_taken_off(tx, notice.id, None)
    return UNSET


async def _ensure_column(tx: Reader, room: RoomFacts, column_id: int) -> None:
    if await tx.value(SELECT_COLUMN_OF_ROOM, column=column_id, room=room.id) is None:
        raise NoSuchColumn(field="column")


async def _update_position(
    tx: Transaction,
    notice: NoticeFacts,
    *,
    column: ColumnId | None = None,
    end: object = UNSET,
    pin: bool | None = None,
) -> None:
    pinned_at = (
        await tx.value(SELECT_PINNED_AT, notice=notice.id) if pin is None else clock.now() if pin else None
    )
    await tx.run(
        UPDATE_NOTICE_POSITION,
        notice=notice.id,
        new_column=column or notice.column_id,
        new_end=notice.expires_at if end is UNSET else end,
        new_pin=pinned_at,
    )


def _validated_text(title: str, body: str) -> tuple[str, str]:
    title, body = tidy(title), tidy(body)
    for name, said in (("title", title), ("body", body)):
        if not said:
            raise EmptyNotice(field=name)
    return title, join_heading(title, body)
