"""Gaps: cells of a matrix in which nothing stands, and members who said that they look into one, for a while."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from asyncpg import Record
from msgspec import Meta, Struct

from boards.boards.boards import load_entry_context
from boards.events import GapsClaimed
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_contribute, ensure_can_curate
from boards.shapes import FieldKey
from boards.table.matrix import get_matrix_field
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import BoardId, MemberId
from members.profiles.countries import COUNTRIES
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement

# How long a word is good for: long enough to find out, short enough that a gap is not blocked by somebody who left.
LASTS = timedelta(days=30)


class NewGapClaim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cell to look into: the term of each of its two fields."""

    cell: Annotated[
        dict[FieldKey, Annotated[str, Meta(min_length=1, max_length=100)]], Meta(min_length=1, max_length=2)
    ]


class GapClaim(Struct, frozen=True, kw_only=True):
    """Who looks into a cell, and until when that holds."""

    id: int
    cell: dict[str, str]
    by: Author
    ends_at: datetime


class GapClaimList(Struct, frozen=True):
    """All claims that hold."""

    items: list[GapClaim]


class NoSuchCell(Invalid):
    """A cell is two terms of fields of the board."""

    message = "There is no such cell on this board."


_LIVE = """
SELECT g.id, g.cell, g.ends_at, m.id AS member_id, m.handle, m.display_name, m."group"
FROM gap_claims g JOIN public_authors m ON m.id = g.member_id
WHERE g.board_id = :board AND g.ended_at IS NULL AND g.ends_at > :now
"""
_ALL = statement(f"{_LIVE} ORDER BY g.id")
_ONE = statement(f"{_LIVE} AND g.id = :id")
# Claiming again prolongs.
_CLAIM = statement("""
INSERT INTO gap_claims (board_id, cell, member_id, claimed_at, ends_at)
VALUES (:board, CAST(:cell AS jsonb), :member, :now, :ends)
ON CONFLICT (board_id, cell, member_id) WHERE ended_at IS NULL DO UPDATE SET ends_at = excluded.ends_at
RETURNING id
""")
_OF = statement("SELECT board_id, member_id FROM gap_claims WHERE id = :id AND ended_at IS NULL")
_END = statement("UPDATE gap_claims SET ended_at = :now WHERE id = :id AND ended_at IS NULL")


async def claim_gap(tx: Transaction, actor: Actor, board_id: BoardId, new: NewGapClaim) -> GapClaim:
    """Say that one looks into a cell. Saying so again prolongs it."""
    board, now = await get_board(tx, actor, board_id), clock.now()
    ensure_can_contribute(actor, board, now)
    await _ensure_cell(tx, board_id, new.cell)
    cell = msgspec.json.encode(dict(sorted(new.cell.items()))).decode()
    whose = {"board": board_id, "cell": cell, "member": actor.signed_in()}
    claim = await tx.value(_CLAIM, **whose, now=now, ends=now + LASTS)
    await tx.record(GapsClaimed(board_id=board_id))
    row = await tx.row(_ONE, board=board_id, id=claim, now=now)
    assert row is not None
    return _claim(row)


async def end_gap_claim(tx: Transaction, actor: Actor, claim_id: int) -> None:
    """Take one's word back; curators take back anybody's. Twice is as once."""
    row = await tx.row(_OF, id=claim_id)
    if row is None:
        raise NotFound
    board, now = await get_board(tx, actor, BoardId(row["board_id"])), clock.now()
    if actor.may_write(now) != MemberId(row["member_id"]):
        ensure_can_curate(actor, board, now)
    if await tx.run(_END, id=claim_id, now=now):
        await tx.record(GapsClaimed(board_id=board.id))


async def read_gap_claims(tx: Reader, board_id: BoardId) -> list[GapClaim]:
    """The claims of a board that the reader was found to see."""
    return [_claim(row) for row in await tx.rows(_ALL, board=board_id, now=clock.now())]


async def _ensure_cell(tx: Reader, board_id: BoardId, cell: dict[str, str]) -> None:
    sheet = await load_entry_context(tx, board_id)
    for key, term in cell.items():
        field = get_matrix_field(sheet.form, key)
        known = (
            {one.slug for one in sheet.taxonomies[field.taxonomy].terms} if field.taxonomy else set(COUNTRIES)
        )
        if term not in known:
            raise NoSuchCell(field="cell")


def _claim(row: Record) -> GapClaim:
    by = Author(row["member_id"], row["handle"], row["display_name"], row["group"])
    return GapClaim(id=row["id"], cell=row["cell"], by=by, ends_at=row["ends_at"])
