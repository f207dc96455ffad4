"""Saved views: named filters and orders of a board's table, private or shared with all readers of the board."""

import re
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from asyncpg import Record
from msgspec import Meta, Struct

from boards.events import BoardChanged
from boards.lookup.lookup import get_board
from boards.policy import can_curate, ensure_can_curate
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import BoardId
from core.languages.texts import gettext, translatable
from core.text import ONE_LINE
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement

MAX_VIEWS = 50
_KNOWN_PARAMETERS = re.compile(r"view|where|q|sort|desc|group|rows|columns|within|by|disposition|outdated")


class NewView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to save; `query` is the query string of its URL."""

    title: Annotated[str, Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
    query: Annotated[str, Meta(max_length=1_000, pattern=ONE_LINE)]
    shared: bool = False


class SavedView(Struct, frozen=True, kw_only=True):
    """A saved view; a `shared` one is for all readers of the board, and `mine` says whether the viewer saved it."""

    id: int
    board: int
    title: str
    query: str
    shared: bool
    by: Author
    mine: bool


class SavedViewList(Struct, frozen=True):
    """The shared views of a board and the viewer's own views."""

    items: list[SavedView]


class TooManyViews(Invalid):
    """The member has saved the maximum number of views of this stock-take."""

    message = translatable("You have %(most)s views of this stock-take. Remove one first.")


SELECT_BOARD_VIEWS = statement("""
SELECT v.id, v.board_id, v.title, v.query, v.is_shared, v.member_id, m.handle, m.display_name, m.picture
FROM saved_views v JOIN members m ON m.id = v.member_id
WHERE v.board_id = :board AND (v.is_shared OR v.member_id = :member) ORDER BY v.is_shared DESC, v.id
""")
SELECT_VIEW = statement("""
SELECT v.id, v.board_id, v.title, v.query, v.is_shared, v.member_id, m.handle, m.display_name, m.picture
FROM saved_views v JOIN members m ON m.id = v.member_id
WHERE v.id = :id AND (v.is_shared OR v.member_id = :member)
""")
COUNT_MEMBER_VIEWS = statement(
    "SELECT count(*) FROM saved_views WHERE board_id = :board AND member_id = :member"
)
INSERT_VIEW = statement("""
INSERT INTO saved_views (board_id, member_id, title, query, is_shared, saved_at)
VALUES (:board, :member, :title, :query_string, :shared, :now) RETURNING id
""")
DELETE_VIEW = statement("DELETE FROM saved_views WHERE id = :id")


async def save_view(tx: Transaction, actor: Actor, board_id: BoardId, new: NewView) -> SavedView:
    """Save a view of a board and return it; only curators may share it. Raises TooManyViews or NotACurator."""
    board, now = await get_board(tx, actor, board_id, lock=True), clock.now()
    member = actor.may_write(now)
    if new.shared:
        ensure_can_curate(actor, board, now)
    if await tx.value(COUNT_MEMBER_VIEWS, board=board_id, member=member) >= MAX_VIEWS:
        raise TooManyViews(most=MAX_VIEWS)
    known = [
        (name, value)
        for name, value in parse_qsl(new.query, keep_blank_values=False)
        if _KNOWN_PARAMETERS.fullmatch(name)
    ]
    saved = {
        "title": new.title.strip() or gettext("View"),
        "query_string": urlencode(known),
        "shared": new.shared,
    }
    id = await tx.value(INSERT_VIEW, board=board_id, member=member, now=now, **saved)
    if new.shared:
        await tx.record(BoardChanged(board_id=board_id))
    return await _get_view(tx, actor, id)


async def delete_view(tx: Transaction, actor: Actor, view_id: int) -> None:
    """Delete the actor's own view, or a shared view if the actor is a curator; raise NotFound or NotACurator."""
    member = actor.may_write(clock.now())
    view = await _get_view(tx, actor, view_id)
    board = await get_board(tx, actor, BoardId(view.board))
    if view.by.id != member and not can_curate(actor, board):
        ensure_can_curate(actor, board, clock.now())
    await tx.run(DELETE_VIEW, id=view_id)
    if view.shared:
        await tx.record(BoardChanged(board_id=board.id))


async def read_views(tx: Reader, actor: Actor, board_id: BoardId) -> list[SavedView]:
    """Return the shared views and the actor's own views of a board; the caller has checked that the actor can see it."""
    return [_view(row, actor) for row in await tx.rows(SELECT_BOARD_VIEWS, board=board_id, member=actor.id)]


async def _get_view(tx: Reader, actor: Actor, view_id: int) -> SavedView:
    row = await tx.row(SELECT_VIEW, id=view_id, member=actor.id)
    if row is None:
        raise NotFound
    return _view(row, actor)


def _view(row: Record, actor: Actor) -> SavedView:
    return SavedView(
        id=row["id"],
        board=row["board_id"],
        title=row["title"],
        query=row["query"],
        shared=row["is_shared"],
        by=Author(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
        mine=row["member_id"] == actor.id,
    )
