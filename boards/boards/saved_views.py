"""Saved views: the address of a way to look at a board, kept under a name, for oneself or for all who read the board."""

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
from core.text import ONE_LINE
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement

MOST = 50
_KNOWN = re.compile(r"view|where|q|sort|desc|group|rows|columns|within|by|disposition|outdated")


class NewView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to look at a board: `query` is what stands in its address after the question mark."""

    title: Annotated[str, Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
    query: Annotated[str, Meta(max_length=1_000, pattern=ONE_LINE)]
    shared: bool = False


class SavedView(Struct, frozen=True, kw_only=True):
    """A saved view; `shared` ones are for all who read the board."""

    id: int
    board: int
    title: str
    query: str
    shared: bool
    by: Author
    mine: bool


class SavedViewList(Struct, frozen=True):
    """The shared views of a board, and one's own."""

    items: list[SavedView]


class TooManyViews(Invalid):
    """A member keeps so many views of a board and no more."""

    message = f"You have {MOST} views of this board. Remove one first."


_VIEWS = """
SELECT v.id, v.board_id, v.title, v.query, v.is_shared, v.member_id, m.handle, m.display_name
FROM saved_views v JOIN members m ON m.id = v.member_id
"""
_ALL = statement(
    f"{_VIEWS} WHERE v.board_id = :board AND (v.is_shared OR v.member_id = :member) ORDER BY v.is_shared DESC, v.id"
)
_ONE = statement(f"{_VIEWS} WHERE v.id = :id AND (v.is_shared OR v.member_id = :member)")
_COUNT = statement("SELECT count(*) FROM saved_views WHERE board_id = :board AND member_id = :member")
_SAVE = statement("""
INSERT INTO saved_views (board_id, member_id, title, query, is_shared, saved_at)
VALUES (:board, :member, :title, :kept, :shared, :now) RETURNING id
""")
_DROP = statement("DELETE FROM saved_views WHERE id = :id")


async def save_view(tx: Transaction, actor: Actor, board_id: BoardId, new: NewView) -> SavedView:
    """Keep a view under a name; only curators share one with all."""
    board, now = await get_board(tx, actor, board_id, lock=True), clock.now()
    member = actor.may_write(now)
    if new.shared:
        ensure_can_curate(actor, board, now)
    if await tx.value(_COUNT, board=board_id, member=member) >= MOST:
        raise TooManyViews
    known = [
        (name, value)
        for name, value in parse_qsl(new.query, keep_blank_values=False)
        if _KNOWN.fullmatch(name)
    ]
    saved = {"title": new.title.strip() or "View", "kept": urlencode(known), "shared": new.shared}
    id = await tx.value(_SAVE, board=board_id, member=member, now=now, **saved)
    if new.shared:
        await tx.record(BoardChanged(board_id=board_id))
    return await _show(tx, actor, id)


async def delete_view(tx: Transaction, actor: Actor, view_id: int) -> None:
    """Remove one's own view; curators remove shared ones."""
    member = actor.may_write(clock.now())
    view = await _show(tx, actor, view_id)
    board = await get_board(tx, actor, BoardId(view.board))
    if view.by.id != member and not can_curate(actor, board):
        ensure_can_curate(actor, board, clock.now())
    await tx.run(_DROP, id=view_id)
    if view.shared:
        await tx.record(BoardChanged(board_id=board.id))


async def read_views(tx: Reader, actor: Actor, board_id: BoardId) -> list[SavedView]:
    """The views of a board that the actor was found to see: shared ones, and the actor's own."""
    return [_view(row, actor) for row in await tx.rows(_ALL, board=board_id, member=actor.id)]


async def _show(tx: Reader, actor: Actor, view_id: int) -> SavedView:
    row = await tx.row(_ONE, id=view_id, member=actor.id)
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
        by=Author(row["member_id"], row["handle"], row["display_name"]),
        mine=row["member_id"] == actor.id,
    )
