"""A room's bulletin board: looking at it, writing on it, and the wall that shows it to everybody in the hall."""

from datetime import datetime, timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency

from core import clock
from core.errors import Refusal
from core.http import Cursor, PathId, status_of
from core.ids import ColumnId, GatheringId, NoticeId, PostId, RoomId
from forum.writing.reactions import set_reaction
from forum.writing.replies import Replies
from gatherings.gatherings import get_gathering
from gatherings.notices import approvals, default_columns, notices
from gatherings.notices import reading as notice_reading
from gatherings.notices.routes import OnlyColumn, Words
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.notices import NOTICE_LENGTH, NOTICE_TITLE_LENGTH, NewNotice, Notice, NoticeChange
from pages.gatherings.noticeboard_view import SHOWN, STAYS, Board, Filter, Shelf, blank, stand_of
from pages.gatherings.room_view import look_about
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to
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
    """The board: all its columns, one of them, or what has certain words in it."""
    asked = Filter(column=column, words=(words or "").strip())
    return await _page(context, RoomId(room_id), asked, Form(), after=after)


@get("/r/{room_id:int}/wall", include_in_schema=False)
async def show_wall(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """The board on a projector: large, by itself, without anything to press."""
    async with context.db.read() as tx:
        board = await _read(tx, context, RoomId(room_id), Filter(), None, count=8)
    public = [
        Shelf(
            column=shelf.column, notices=[one for one in shelf.notices if one.state == "published"], next=None
        )
        for shelf in board.shelves
    ]
    stand = stand_of(context.actor, board, context.renderer.groups)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/wall.html",
        board=board,
        shelves=public,
        stand=stand,
        stream=board.stream,
    )


@post("/r/{room_id:int}/notices", include_in_schema=False)
async def post_notice(
    room_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Put a notice on the board."""
    typed = await read_form(context.request)
    actor, room = context.actor, RoomId(room_id)
    try:
        new = to_shape(
            NewNotice,
            {
                "column": number_in(text_in(typed, "column")) or 0,
                "title": text_in(typed, "title"),
                "body": text_in(typed, "body"),
                "expires_at": _end_in(typed),
            },
        )
        idempotent = once_of(context.request, actor, typed)

        async def verb(tx: Transaction) -> Notice:
            return await notices.post_notice(tx, actor, room, new, replies.screen)

        await idempotent.respond(context.db, verb, 201)
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _page(context, room, Filter(), form, status=status_of(refusal))
    return go_to(Filter(column=new.column).address(room_id), done="posted")


@post("/r/{room_id:int}/board/act", include_in_schema=False)
async def act_on_board(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """One of the buttons of a notice: thank, move, pin, take off, withdraw."""
    typed = await read_form(context.request)
    word, first, second = [*text_in(typed, "act").split(" "), "", "", ""][:3]
    notice_id = number_in(first)
    if notice_id is None:
        raise BadButton
    await _act(context, word, NoticeId(notice_id), second)
    if "alone" in typed and word != "withdraw":
        return go_to(f"/r/{room_id}/board/{notice_id}")
    back = Filter(column=number_in(text_in(typed, "column")), words=text_in(typed, "q")[:200])
    return go_to(f"{back.address(room_id)}#n{notice_id}")


async def _act(context: PageContext, word: str, notice_id: NoticeId, argument: str) -> None:
    actor, number = context.actor, number_in(argument)
    async with context.db.begin() as tx:
        if word == "thanks":
            _, notice = await notices.find_notice(tx, actor, notice_id)
            await set_reaction(tx, actor, PostId(notice.post), "thanks", argument == "1")
        elif word == "move" and number is not None:
            await notices.move_notice(tx, actor, notice_id, ColumnId(number), None)
        elif word == "approve" and argument == "1":
            await approvals.approve_notice(tx, actor, notice_id)
        elif word == "approve":
            await approvals.decline_notice(tx, actor, notice_id)
        elif word == "pin":
            await notices.pin_notice(tx, actor, notice_id, argument == "1")
        elif word == "end":
            change = NoticeChange(expires_at=clock.now() if argument == "1" else None)
            await notices.change_notice(tx, actor, notice_id, change, None)
        elif word == "withdraw":
            await notices.withdraw_notice(tx, actor, notice_id)
        else:
            raise BadButton


def _end_in(typed: Typed) -> datetime | None:
    days = text_in(typed, "stays") or "0"
    if days not in (day for day, _ in STAYS):
        raise BadButton
    return clock.now() + timedelta(days=int(days)) if days != "0" else None


async def _page(
    context: PageContext,
    room_id: RoomId,
    asked: Filter,
    form: Form,
    after: str | None = None,
    status: int = 200,
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await _read(tx, context, room_id, asked, after)
        ways = await look_about(tx, context.actor, board.facts)
        stand = stand_of(context.actor, board, context.renderer.groups)
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
        sample=blank(board.room),
        groups=context.renderer.groups_json,
        form=form,
        stays=STAYS,
        notice_length=NOTICE_LENGTH,
        title_length=NOTICE_TITLE_LENGTH,
    )


async def _read(
    tx: Reader, context: PageContext, room_id: RoomId, asked: Filter, after: str | None, count: int = SHOWN
) -> Board:
    actor, epoch = context.actor, context.db.epoch
    facts, room = await rooms.get_room_with_facts(tx, actor, room_id)
    # The page carries the positions of both streams, taken before the rows: what happens meanwhile comes again.
    heads = [
        Stream(name, epoch, await read_head(tx, name)) for name in (f"room:{room_id}", f"topic:{room.topic}")
    ]
    columns = await default_columns.list_columns(tx, room_id)
    wanted = [one.id for one in columns] if asked == Filter() else [asked.column]
    by_id = {one.id: one for one in columns}
    shelves = []
    for number in wanted:
        page = await notice_reading.read_notices(
            tx,
            actor,
            room_id,
            epoch,
            number,
            asked.words or None,
            after,
            count if asked == Filter() else 2 * SHOWN,
        )
        shelves.append(Shelf(column=by_id.get(number or 0), notices=page.items, next=page.next))
    return Board(
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
