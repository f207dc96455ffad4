"""One notice with its replies, editing it, and the columns of a board as its hosts arrange them."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from core import clock
from core.errors import NotFound, Refusal, allowed
from core.http import PathId, status_of
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
from pages.gatherings.noticeboard_view import Board, Shelf, stand_of
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from storage.database import Reader
from storage.event_log import Stream, read_head


@get("/r/{room_id:int}/board/{notice_id:int}", include_in_schema=False)
async def show_notice(
    room_id: PathId, notice_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """One notice, whole, and what was replied to it."""
    return await _notice_page(context, room_id, notice_id, Form())


@post("/r/{room_id:int}/board/{notice_id:int}/reply", include_in_schema=False)
async def reply_to_notice(
    room_id: PathId,
    notice_id: PathId,
    context: NamedDependency[PageContext],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Reply to a notice: a post of the room's topic under that of the notice."""
    typed = await read_form(context.request)
    async with context.db.read() as tx:
        notice, board = await _find(tx, context, room_id, notice_id)
    try:
        reply = to_shape(NewReply, {"body": text_in(typed, "body"), "parent": notice.post})
        idempotent = once_of(context.request, context.actor, typed)
        answer = await replies.post_reply(context.actor, TopicId(board.room.topic), reply, idempotent)
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _notice_page(context, room_id, notice_id, form, status_of(refusal))
    if answer.status == 202:
        return go_to(f"/held/{msgspec.json.decode(answer.body, type=HeldPost).id}")
    number = msgspec.json.decode(answer.body, type=Post).number
    return go_to(f"/r/{room_id}/board/{notice_id}#p{number}")


@get("/r/{room_id:int}/board/{notice_id:int}/edit", include_in_schema=False)
async def show_edit_notice(
    room_id: PathId, notice_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """The form that gives one's notice another text."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        notice, _ = await _find(tx, context, room_id, notice_id)
    typed = {"title": [notice.title or ""], "body": [notice.body or ""]}
    return await _edit_page(context, room_id, notice_id, Form(typed=typed, version=notice.version))


@post("/r/{room_id:int}/board/{notice_id:int}/edit", include_in_schema=False)
async def edit_notice(
    room_id: PathId, notice_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Give one's notice another text."""
    typed = await read_form(context.request)
    async with context.db.read() as tx:
        notice, _ = await _find(tx, context, room_id, notice_id)
    version = number_in(text_in(typed, "version")) or notice.version
    try:
        change = to_shape(NoticeChange, {"title": text_in(typed, "title"), "body": text_in(typed, "body")})
        async with context.db.begin() as tx:
            actor = context.actor
            changed = await notices.change_notice(
                tx, actor, NoticeId(notice_id), change, version, context.screen
            )
    except Refusal as refusal:
        # What was typed stays; the version that is sent next is the one that is there now.
        form = Form(typed=typed, version=notice.version).refuse(refusal)
        return await _edit_page(context, room_id, notice_id, form, status_of(refusal))
    waits = changed.held_edit is not UNSET
    return go_to(f"/held/{changed.post}" if waits else f"/r/{room_id}/board/{notice_id}")


@get("/r/{room_id:int}/board/columns", include_in_schema=False)
async def show_columns(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """The columns as hosts name, order and remove them."""
    return await _columns_page(context, room_id, Form())


@post("/r/{room_id:int}/board/columns", include_in_schema=False)
async def arrange_columns(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add a column, name it otherwise, put it elsewhere, or remove it."""
    typed = await read_form(context.request)
    context.actor.signed_in()
    word, first, second = [*text_in(typed, "act").split(" "), "", "", ""][:3]
    title, actor = text_in(typed, "title"), context.actor
    column = ColumnId(number_in(first) or 0)
    try:
        async with context.db.begin() as tx:
            if word == "add":
                await columns.add_column(tx, actor, RoomId(room_id), to_shape(NewColumn, {"title": title}))
            elif word == "name":
                change = to_shape(ColumnChange, {"title": title})
                await columns.change_column(tx, actor, column, change, number_in(second))
            elif word == "place":
                change = to_shape(ColumnChange, {"place": number_in(second) or 1})
                await columns.change_column(tx, actor, column, change, None)
            elif word == "remove":
                into = number_in(text_in(typed, "into"))
                await columns.remove_column(tx, actor, column, ColumnId(into) if into else None, None)
            else:
                raise BadButton
    except Refusal as refusal:
        return await _columns_page(context, room_id, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/r/{room_id}/board/columns")


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
    place = post_html.Place(
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
        stand=stand_of(actor, board, context.renderer.groups),
        replies=post_html.contributions(replied, place),
        more=following,
        can_reply=can_reply,
        form=form,
    )


async def _find(tx: Reader, context: PageContext, room_id: int, notice_id: int) -> tuple[Notice, Board]:
    facts, notice = await notices.find_notice(tx, context.actor, NoticeId(notice_id))
    if facts.id != room_id:
        raise NotFound
    room = await rooms.show_room(tx, context.actor, facts.id)
    found = await default_columns.list_columns(tx, facts.id)
    stream = Stream(f"topic:{room.topic}", context.db.epoch, await read_head(tx, f"topic:{room.topic}"))
    board = Board(
        facts=facts,
        room=room,
        gathering=await get_gathering(tx, GatheringId(room.gathering)),
        columns=found,
        shelves=[Shelf(column=None, notices=[notice], next=None)],
        stream=stream,
        topic_stream=stream,
        writer=await get_writer(tx, context.actor, facts),
    )
    return notice, board


async def _replies(tx: Reader, context: PageContext, board: Board, notice: Notice) -> tuple[list[Post], bool]:
    if notice.number is UNSET or notice.state == "held":
        return [], False
    place = PageStart(branch=notice.number)
    page = await read_posts(tx, context.actor, TopicId(board.room.topic), place, board.stream)
    return [one for one in page.items if one.id != notice.post], page.next is not None


routes = [
    show_notice,
    reply_to_notice,
    show_edit_notice,
    edit_notice,
    show_columns,
    arrange_columns,
]
