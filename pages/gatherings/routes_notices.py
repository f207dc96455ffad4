"""Pages of one notice with its replies, of editing a notice, and of the columns that hosts arrange."""

from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from core import clock
from core.actor import Actor
from core.errors import NotFound, allowed
from core.http import PathId
from core.ids import ColumnId, GatheringId, NoticeId, RoomId, TopicId
from forum.policy import ensure_can_reply
from forum.posts.post_pages import PageStart, read_posts
from forum.posts.shapes_held import HeldPost
from forum.shapes import NewReply, Post
from forum.topics import topics
from forum.writing.replies import Replies
from gatherings.gatherings import get_gathering
from gatherings.notices import columns, default_columns, notices
from gatherings.notices.policy import ensure_can_arrange
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.notices import (
    COLUMN_TITLE_LENGTH,
    NOTICE_LENGTH,
    NOTICE_TITLE_LENGTH,
    ColumnChange,
    NewColumn,
    Notice,
    NoticeChange,
)
from pages.forum import post_html
from pages.gatherings.noticeboard_view import Noticeboard, ShownColumn, permissions_on
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head


@get("/r/{room_id:int}/board/{notice_id:int}", include_in_schema=False)
async def show_notice(
    room_id: PathId, notice_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show a notice with its replies; raise NotFound."""
    return await _notice_page(context, room_id, notice_id, Form())


@post("/r/{room_id:int}/board/{notice_id:int}/reply", include_in_schema=False)
async def reply_to_notice(
    room_id: PathId,
    notice_id: PathId,
    context: NamedDependency[PageContext],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Reply to a notice; the reply is a post in the room's topic, below the notice's post."""
    form = await form_of(context)
    async with context.db.read() as tx:
        notice, board = await _find(tx, context, room_id, notice_id)

    async def reply(form: Form) -> Response[bytes]:
        new = to_shape(NewReply, {"body": text_in(form.typed, "body"), "parent": notice.post})
        idempotent = idempotent_request(context, form.typed)
        response = await replies.post_reply(context.actor, TopicId(board.room.topic), new, idempotent)
        if response.status == 202:
            return redirect(f"/held/{msgspec.json.decode(response.body, type=HeldPost).id}")
        number = msgspec.json.decode(response.body, type=Post).number
        return redirect(f"/r/{room_id}/board/{notice_id}#p{number}")

    return await submit(form, reply, partial(_notice_page, context, room_id, notice_id), NO_STATUS)


@get("/r/{room_id:int}/board/{notice_id:int}/edit", include_in_schema=False)
async def show_edit_notice(
    room_id: PathId, notice_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the form that edits the member's notice."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        notice, _ = await _find(tx, context, room_id, notice_id)
    typed = {"title": [notice.title or ""], "body": [notice.body or ""]}
    return await _edit_page(context, room_id, notice_id, Form(typed=typed, version=notice.version))


@post("/r/{room_id:int}/board/{notice_id:int}/edit", include_in_schema=False)
async def edit_notice(
    room_id: PathId, notice_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Edit the member's notice."""
    form = await form_of(context)
    async with context.db.read() as tx:
        notice, _ = await _find(tx, context, room_id, notice_id)
    # A form that is shown again keeps its text, and is sent with the current version.
    form.version = notice.version

    async def edit(form: Form) -> Response[bytes]:
        version = number_in(text_in(form.typed, "version")) or notice.version
        change = to_shape(NoticeChange, {name: text_in(form.typed, name) for name in ("title", "body")})
        async with context.db.begin() as tx:
            changed = await notices.change_notice(
                tx, context.actor, NoticeId(notice_id), change, version, context.screen
            )
        is_held = changed.held_edit is not UNSET
        return redirect(f"/held/{changed.post}" if is_held else f"/r/{room_id}/board/{notice_id}")

    return await submit(form, edit, partial(_edit_page, context, room_id, notice_id), NO_STATUS)


@get("/r/{room_id:int}/board/columns", include_in_schema=False)
async def show_columns(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the page on which hosts add, rename, order and remove columns."""
    return await _columns_page(context, room_id, Form())


@post("/r/{room_id:int}/board/columns", include_in_schema=False)
async def arrange_columns(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add, rename, move or remove a column. The button's value is the action, the column's id and an argument."""
    form = await form_of(context)
    context.actor.signed_in()

    async def arrange(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            await _arrange(tx, context.actor, RoomId(room_id), form.typed)
        return redirect(f"/r/{room_id}/board/columns")

    return await submit(form, arrange, partial(_columns_page, context, room_id), NO_STATUS)


async def _arrange(tx: Transaction, actor: Actor, room_id: RoomId, typed: Typed) -> None:
    action, first, argument = [*text_in(typed, "act").split(" "), "", "", ""][:3]
    title, column = text_in(typed, "title"), ColumnId(number_in(first) or 0)
    if action == "add":
        await columns.add_column(tx, actor, room_id, to_shape(NewColumn, {"title": title}))
    elif action == "name":
        change = to_shape(ColumnChange, {"title": title})
        await columns.change_column(tx, actor, column, change, number_in(argument))
    elif action == "place":
        change = to_shape(ColumnChange, {"place": number_in(argument) or 1})
        await columns.change_column(tx, actor, column, change, None)
    elif action == "remove":
        into = number_in(text_in(typed, "into"))
        await columns.remove_column(tx, actor, column, ColumnId(into) if into else None, None)
    else:
        raise BadButton


async def _columns_page(context: PageContext, room_id: int, form: Form, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        facts, room = await rooms.get_room_with_facts(tx, context.actor, RoomId(room_id))
        ensure_can_arrange(context.actor, facts, clock.now())
        found = await default_columns.list_columns(tx, facts.id)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/columns.html",
        status,
        room=room,
        columns=found,
        form=form,
        title_length=COLUMN_TITLE_LENGTH,
    )


async def _edit_page(
    context: PageContext, room_id: int, notice_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/notice_edit.html",
        status,
        address=f"/r/{room_id}/board/{notice_id}",
        form=form,
        notice_length=NOTICE_LENGTH,
        title_length=NOTICE_TITLE_LENGTH,
    )


async def _notice_page(
    context: PageContext, room_id: int, notice_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    actor, now = context.actor, clock.now()
    async with context.db.read() as tx:
        notice, board = await _find(tx, context, room_id, notice_id)
        topic = await topics.get_topic(tx, actor, TopicId(board.room.topic))
        replied, following = await _replies(tx, context, board, notice)
    can_reply = notice.state != "held" and allowed(ensure_can_reply, actor, topic, now)
    place = post_html.PostPlace(
        address=f"/t/{topic.id}/room",
        viewer=actor.id,
        may_reply=can_reply,
        may_react=actor.id is not None and actor.is_verified,
        base=1,
        groups=context.renderer.groups,
    )
    form.action, form.draft = f"/r/{room_id}/board/{notice_id}/reply", f"notice:{notice_id}"
    return context.renderer.page(
        context.request,
        actor,
        "gatherings/notice.html",
        status,
        notice=notice,
        board=board,
        stand=permissions_on(actor, board, context.renderer.groups),
        replies=post_html.contributions(replied, place),
        more=following,
        can_reply=can_reply,
        form=form,
    )


async def _find(tx: Reader, context: PageContext, room_id: int, notice_id: int) -> tuple[Notice, Noticeboard]:
    facts, notice = await notices.find_notice(tx, context.actor, NoticeId(notice_id))
    if facts.id != room_id:
        raise NotFound
    room = await rooms.show_room(tx, context.actor, facts.id)
    found = await default_columns.list_columns(tx, facts.id)
    stream = Stream(f"topic:{room.topic}", context.db.epoch, await read_head(tx, f"topic:{room.topic}"))
    board = Noticeboard(
        facts=facts,
        room=room,
        gathering=await get_gathering(tx, GatheringId(room.gathering)),
        columns=found,
        shelves=[ShownColumn(column=None, notices=[notice], next=None)],
        stream=stream,
        topic_stream=stream,
        writer=await get_writer(tx, context.actor, facts),
    )
    return notice, board


async def _replies(
    tx: Reader, context: PageContext, board: Noticeboard, notice: Notice
) -> tuple[list[Post], bool]:
    if notice.number is UNSET or notice.state == "held":
        return [], False
    start = PageStart(branch=notice.number)
    page = await read_posts(tx, context.actor, TopicId(board.room.topic), start, board.stream)
    return [one for one in page.items if one.id != notice.post], page.next is not None


routes = [
    show_notice,
    reply_to_notice,
    show_edit_notice,
    edit_notice,
    show_columns,
    arrange_columns,
]
