"""The noticeboard of a room, posting a notice, the buttons of notices, and the wall view for a projector."""

from datetime import datetime, timedelta
from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core import clock
from core.http import Cursor, PathId
from core.ids import ColumnId, GatheringId, NoticeId, PostId, RoomId
from core.languages.texts import gettext
from forum.search.languages import known_languages
from forum.writing.reactions import set_reaction
from forum.writing.replies import Replies
from gatherings.gatherings import get_gathering
from gatherings.notices import approvals, default_columns, notices
from gatherings.notices import reading as notice_reading
from gatherings.notices.routes import OnlyColumn, Words
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.notices import NOTICE_LENGTH, NOTICE_TITLE_LENGTH, NewNotice, Notice, NoticeChange
from pages.gatherings.noticeboard_view import (
    EXPIRY_CHOICES,
    NOTICES_PER_COLUMN,
    Noticeboard,
    NoticeboardFilter,
    ShownColumn,
    permissions_on,
    sample_notice,
    script_words,
)
from pages.gatherings.room_view import read_room_counts
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    read_form,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head


@get("/r/{room_id:int}/board", include_in_schema=False)
async def show_board(
    room_id: PathId,
    context: NamedDependency[PageContext],
    column: OnlyColumn = None,
    words: Words = None,
    after: Cursor = None,
) -> Response[bytes]:
    """Show the noticeboard: all columns, one column, or the notices that contain certain words."""
    asked = NoticeboardFilter(column=column, words=(words or "").strip())
    return await _page(context, RoomId(room_id), asked, Form(), after=after)


@get("/r/{room_id:int}/wall", include_in_schema=False)
async def show_wall(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the noticeboard for a projector, without buttons."""
    async with context.db.read() as tx:
        board = await _read(tx, context, RoomId(room_id), NoticeboardFilter(), None, count=8)
    public = [
        ShownColumn(
            column=shelf.column, notices=[one for one in shelf.notices if one.state == "published"], next=None
        )
        for shelf in board.shelves
    ]
    permissions = permissions_on(context.actor, board, context.renderer.groups)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/wall.html",
        board=board,
        shelves=public,
        stand=permissions,
        stream=board.stream,
    )


@post("/r/{room_id:int}/notices", include_in_schema=False)
async def post_notice(
    room_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Post a notice."""

    async def post_new(form: Form) -> Response[bytes]:
        typed = form.typed
        facts = {
            "column": number_in(text_in(typed, "column")) or 0,
            "title": text_in(typed, "title"),
            "body": text_in(typed, "body"),
            "expires_at": _expiry_in(typed),
        }
        new = to_shape(NewNotice, facts)

        async def verb(tx: Transaction) -> Notice:
            return await notices.post_notice(tx, context.actor, RoomId(room_id), new, replies.screen)

        await idempotent_request(context, typed).respond(context.db, verb, 201)
        return redirect(NoticeboardFilter(column=new.column).address(room_id), done="posted")

    page = partial(_page, context, RoomId(room_id), NoticeboardFilter())
    return await submit(await form_of(context), post_new, page, NO_STATUS)


@post("/r/{room_id:int}/board/act", include_in_schema=False)
async def act_on_board(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Apply a button of a notice: thanks, move, approve, pin, end or withdraw. Its value is the action, the notice's id and
    an argument."""
    typed = await read_form(context.request)
    action, first, argument = [*text_in(typed, "act").split(" "), "", "", ""][:3]
    notice_id = number_in(first)
    if notice_id is None:
        raise BadButton
    await _apply(context, action, NoticeId(notice_id), argument)
    if "alone" in typed and action != "withdraw":
        return redirect(f"/r/{room_id}/board/{notice_id}")
    back = NoticeboardFilter(column=number_in(text_in(typed, "column")), words=text_in(typed, "q")[:200])
    return redirect(f"{back.address(room_id)}#n{notice_id}")


async def _apply(context: PageContext, action: str, notice_id: NoticeId, argument: str) -> None:
    actor, number = context.actor, number_in(argument)
    async with context.db.begin() as tx:
        if action == "thanks":
            _, notice = await notices.find_notice(tx, actor, notice_id)
            await set_reaction(tx, actor, PostId(notice.post), "thanks", argument == "1")
        elif action == "move" and number is not None:
            await notices.move_notice(tx, actor, notice_id, ColumnId(number), None)
        elif action == "approve" and argument == "1":
            await approvals.approve_notice(tx, actor, notice_id)
        elif action == "approve":
            await approvals.decline_notice(tx, actor, notice_id)
        elif action == "pin":
            await notices.pin_notice(tx, actor, notice_id, argument == "1")
        elif action == "end":
            change = NoticeChange(expires_at=clock.now() if argument == "1" else None)
            await notices.change_notice(tx, actor, notice_id, change, None)
        elif action == "withdraw":
            await notices.withdraw_notice(tx, actor, notice_id)
        else:
            raise BadButton


def _expiry_in(typed: Typed) -> datetime | None:
    days = text_in(typed, "stays") or "0"
    if days not in (choice for choice, _ in EXPIRY_CHOICES):
        raise BadButton
    return clock.now() + timedelta(days=int(days)) if days != "0" else None


async def _page(
    context: PageContext,
    room_id: RoomId,
    asked: NoticeboardFilter,
    form: Form,
    status: int = 200,
    after: str | None = None,
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await _read(tx, context, room_id, asked, after)
        ways = await read_room_counts(tx, context.actor, board.facts)
        stand = permissions_on(context.actor, board, context.renderer.groups)
        held = await default_columns.count_held_notices(tx, room_id) if stand.is_host else 0
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/noticeboard.html",
        status,
        board=board,
        room=board.room,
        stream=board.stream,
        stand=stand,
        asked=asked,
        ways=ways,
        held=held,
        after=after,
        sample=sample_notice(board.room),
        groups=context.renderer.groups_json,
        words=script_words(),
        form=form,
        stays=[(days, gettext(name)) for days, name in EXPIRY_CHOICES],
        notice_length=NOTICE_LENGTH,
        title_length=NOTICE_TITLE_LENGTH,
    )


async def _read(
    tx: Reader,
    context: PageContext,
    room_id: RoomId,
    asked: NoticeboardFilter,
    after: str | None,
    count: int = NOTICES_PER_COLUMN,
) -> Noticeboard:
    actor, epoch = context.actor, context.db.epoch
    facts, room = await rooms.get_room_with_facts(tx, actor, room_id)
    # The positions of both streams are read before the rows, so that later changes are delivered again.
    heads = [
        Stream(name, epoch, await read_head(tx, name)) for name in (f"room:{room_id}", f"topic:{room.topic}")
    ]
    columns = await default_columns.list_columns(tx, room_id)
    is_filtered = asked != NoticeboardFilter()
    wanted = [asked.column] if is_filtered else [one.id for one in columns]
    count = 2 * NOTICES_PER_COLUMN if is_filtered else count
    languages = known_languages(context.taxonomies)
    by_id = {one.id: one for one in columns}
    shelves = []
    for number in wanted:
        page = await notice_reading.read_notices(
            tx, actor, room_id, epoch, languages, number, asked.words, after, count
        )
        shelves.append(ShownColumn(column=by_id.get(number or 0), notices=page.items, next=page.next))
    return Noticeboard(
        facts=facts,
        room=rooms.with_presence(room, context.presence),
        gathering=await get_gathering(tx, GatheringId(room.gathering)),
        columns=columns,
        shelves=shelves,
        stream=heads[0],
        topic_stream=heads[1],
        writer=await get_writer(tx, actor, facts),
    )


routes = [show_board, show_wall, post_notice, act_on_board]
