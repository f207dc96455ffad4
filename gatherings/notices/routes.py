"""The HTTP routes of noticeboards: their columns and notices."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, documented_response, json_response, version_in
from core.ids import ColumnId, NoticeId, RoomId
from core.text import NO_CONTROLS
from forum.search.languages import known_languages
from forum.writing.replies import Replies
from gatherings.notices import approvals, columns, notices
from gatherings.notices import reading as notice_reading
from gatherings.shapes.notices import (
    Column,
    ColumnChange,
    ColumnList,
    NewColumn,
    NewNotice,
    Notice,
    NoticeChange,
    NoticePage,
    NoticePlace,
)
from members.shapes import Taxonomies
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest

OnlyColumn = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]
Words = Annotated[
    str | None,
    QueryParameter(
        name="q", max_length=200, pattern=NO_CONTROLS, description='words, "a phrase", -without, this or that'
    ),
]


@get("/rooms/{room_id:int}/columns", operation_id="read_columns")
async def read_columns(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> ColumnList:
    """Return the columns of a room's noticeboard, in their order."""
    async with db.read() as tx:
        return await columns.read_columns(tx, actor, RoomId(room_id), db.epoch)


@post("/rooms/{room_id:int}/columns", responses=documented_response(201, Column), operation_id="add_column")
async def add_column(
    room_id: PathId,
    data: JSONBody[NewColumn],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Add a column to the noticeboard of a room."""
    answer = await idempotent.respond(
        db, lambda tx: columns.add_column(tx, actor, RoomId(room_id), data), 201
    )
    return json_response(answer.body, answer.status)


@patch("/columns/{column_id:int}", responses=documented_response(200, Column), operation_id="change_column")
async def change_column(
    column_id: PathId,
    data: JSONBody[ColumnChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Rename a column, or change its position."""
    version = version_in(if_match)
    answer = await idempotent.respond(
        db, lambda tx: columns.change_column(tx, actor, ColumnId(column_id), data, version)
    )
    return json_response(answer.body, answer.status)


@delete("/columns/{column_id:int}", operation_id="remove_column")
async def remove_column(
    column_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    into: OnlyColumn = None,
    if_match: IfMatch = None,
) -> None:
    """Remove a column that is empty, or whose notices are moved `into` another one."""
    target = None if into is None else ColumnId(into)
    async with db.begin() as tx:
        await columns.remove_column(tx, actor, ColumnId(column_id), target, version_in(if_match))


@get("/rooms/{room_id:int}/notices", operation_id="read_notices")
async def read_notices(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
    column: OnlyColumn = None,
    words: Words = None,
    after: Cursor = None,
) -> NoticePage:
    """Return one page of notices: pinned ones first, then the newest; all, or of a column, or with search words."""
    async with db.read() as tx:
        return await notice_reading.read_notices(
            tx, actor, RoomId(room_id), db.epoch, known_languages(taxonomies), column, words, after
        )


@post("/rooms/{room_id:int}/notices", responses=documented_response(201, Notice), operation_id="post_notice")
async def post_notice(
    room_id: PathId,
    data: JSONBody[NewNotice],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Post a notice on the noticeboard of a room."""

    async def verb(tx: Transaction) -> Notice:
        return await notices.post_notice(tx, actor, RoomId(room_id), data, replies.screen)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/notices/{notice_id:int}", operation_id="read_notice")
async def read_notice(
    notice_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Notice:
    """Return one notice."""
    async with db.read() as tx:
        _, notice = await notices.find_notice(tx, actor, NoticeId(notice_id))
        return notice


@patch("/notices/{notice_id:int}", responses=documented_response(200, Notice), operation_id="change_notice")
async def change_notice(
    notice_id: PathId,
    data: JSONBody[NoticeChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Edit one's own notice or change when it expires; hosts change the expiry of any notice."""
    version = version_in(if_match)

    async def verb(tx: Transaction) -> Notice:
        return await notices.change_notice(tx, actor, NoticeId(notice_id), data, version, replies.screen)

    answer = await idempotent.respond(db, verb)
    return json_response(answer.body, answer.status)


@delete("/notices/{notice_id:int}", operation_id="withdraw_notice")
async def withdraw_notice(
    notice_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Withdraw one's own notice."""
    async with db.begin() as tx:
        await notices.withdraw_notice(tx, actor, NoticeId(notice_id))


@put(
    "/notices/{notice_id:int}/approval",
    responses=documented_response(200, Notice),
    operation_id="approve_notice",
)
async def approve_notice(
    notice_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Approve a notice that waits for approval, as a host."""
    answer = await idempotent.respond(db, lambda tx: approvals.approve_notice(tx, actor, NoticeId(notice_id)))
    return json_response(answer.body, answer.status)


@delete("/notices/{notice_id:int}/approval", operation_id="decline_notice")
async def decline_notice(
    notice_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Decline a notice that waits for approval, as a host; its author can edit it, and then it waits again."""
    async with db.begin() as tx:
        await approvals.decline_notice(tx, actor, NoticeId(notice_id))


@put("/notices/{notice_id:int}/pin", responses=documented_response(200, Notice), operation_id="pin_notice")
async def pin_notice(
    notice_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Pin a notice, so that it is shown first."""
    answer = await idempotent.respond(db, lambda tx: notices.pin_notice(tx, actor, NoticeId(notice_id), True))
    return json_response(answer.body, answer.status)


@delete(
    "/notices/{notice_id:int}/pin",
    status_code=200,
    responses=documented_response(200, Notice),
    operation_id="unpin_notice",
)
async def unpin_notice(
    notice_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Unpin a notice."""
    answer = await idempotent.respond(
        db, lambda tx: notices.pin_notice(tx, actor, NoticeId(notice_id), False)
    )
    return json_response(answer.body, answer.status)


@put(
    "/notices/{notice_id:int}/column", responses=documented_response(200, Notice), operation_id="move_notice"
)
async def move_notice(
    notice_id: PathId,
    data: JSONBody[NoticePlace],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Move a notice to another column of its noticeboard."""
    version, column = version_in(if_match), ColumnId(data.column)
    answer = await idempotent.respond(
        db, lambda tx: notices.move_notice(tx, actor, NoticeId(notice_id), column, version)
    )
    return json_response(answer.body, answer.status)


notice_routes = [
    read_columns,
    add_column,
    change_column,
    remove_column,
    read_notices,
    post_notice,
    read_notice,
    change_notice,
    withdraw_notice,
    approve_notice,
    decline_notice,
    pin_notice,
    unpin_notice,
    move_notice,
]
