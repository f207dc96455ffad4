"""Gap claims: members state for thirty days that they look into an empty cell of the matrix."""

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
from core.languages.texts import translatable
from members.profiles.countries import COUNTRIES
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement

# Long enough to research a gap, and short enough that an inactive member does not block it.
CLAIM_LIFETIME = timedelta(days=30)


class NewGapClaim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cell to look into: a term for each of its fields."""

    cell: Annotated[
        dict[FieldKey, Annotated[str, Meta(min_length=1, max_length=100)]], Meta(min_length=1, max_length=2)
    ]


class GapClaim(Struct, frozen=True, kw_only=True):
    """A member who looks into a cell, and the end of the claim."""

    id: int
    cell: dict[str, str]
    by: Author
    ends_at: datetime


class GapClaimList(Struct, frozen=True):
    """All current gap claims of a board."""

    items: list[GapClaim]


class NoSuchCell(Invalid):
    """A term of the cell does not exist in its field."""

    message = translatable("There is no such cell in this stock-take.")


SELECT_GAP_CLAIMS = statement("""
SELECT g.id, g.cell, g.ends_at, m.id AS member_id, m.handle, m.display_name, m."group", m.picture
FROM gap_claims g JOIN public_authors m ON m.id = g.member_id
WHERE g.board_id = :board AND g.ended_at IS NULL AND g.ends_at > :now
ORDER BY g.id
""")
SELECT_GAP_CLAIM = statement("""
SELECT g.id, g.cell, g.ends_at, m.id AS member_id, m.handle, m.display_name, m."group", m.picture
FROM gap_claims g JOIN public_authors m ON m.id = g.member_id
WHERE g.board_id = :board AND g.ended_at IS NULL AND g.ends_at > :now AND g.id = :id
""")
# A repeated claim prolongs the existing one.
UPSERT_GAP_CLAIM = statement("""
INSERT INTO gap_claims (board_id, cell, member_id, claimed_at, ends_at)
VALUES (:board, CAST(:cell AS jsonb), :member, :now, :ends)
ON CONFLICT (board_id, cell, member_id) WHERE ended_at IS NULL DO UPDATE SET ends_at = excluded.ends_at
RETURNING id
""")
SELECT_GAP_CLAIM_OWNER = statement(
    "SELECT board_id, member_id FROM gap_claims WHERE id = :id AND ended_at IS NULL"
)
END_GAP_CLAIM = statement("UPDATE gap_claims SET ended_at = :now WHERE id = :id AND ended_at IS NULL")


async def claim_gap(tx: Transaction, actor: Actor, board_id: BoardId, new: NewGapClaim) -> GapClaim:
    """Claim a cell for the actor and return the claim; repeating the call prolongs it.

    Raises NotCollecting, CannotCross or NoSuchCell.
    """
    board, now = await get_board(tx, actor, board_id), clock.now()
    ensure_can_contribute(actor, board, now)
    await _ensure_cell(tx, board_id, new.cell)
    cell = msgspec.json.encode(dict(sorted(new.cell.items()))).decode()
    key = {"board": board_id, "cell": cell, "member": actor.signed_in()}
    claim = await tx.value(UPSERT_GAP_CLAIM, **key, now=now, ends=now + CLAIM_LIFETIME)
    await tx.record(GapsClaimed(board_id=board_id))
    row = await tx.row(SELECT_GAP_CLAIM, board=board_id, id=claim, now=now)
    assert row is not None
    return _claim(row)


async def end_gap_claim(tx: Transaction, actor: Actor, claim_id: int) -> None:
    """End the actor's gap claim, or as a curator any claim; repeating the call changes nothing.

    Raises NotFound or NotACurator.
    """
    row = await tx.row(SELECT_GAP_CLAIM_OWNER, id=claim_id)
    if row is None:
        raise NotFound
    board, now = await get_board(tx, actor, BoardId(row["board_id"])), clock.now()
    if actor.may_write(now) != MemberId(row["member_id"]):
        ensure_can_curate(actor, board, now)
    if await tx.run(END_GAP_CLAIM, id=claim_id, now=now):
        await tx.record(GapsClaimed(board_id=board.id))


async def read_gap_claims(tx: Reader, board_id: BoardId) -> list[GapClaim]:
    """Return the current claims of a board; the caller has checked that the reader can see it."""
    return [_claim(row) for row in await tx.rows(SELECT_GAP_CLAIMS, board=board_id, now=clock.now())]


async def _ensure_cell(tx: Reader, board_id: BoardId, cell: dict[str, str]) -> None:
    context = await load_entry_context(tx, board_id)
    for key, term in cell.items():
        field = get_matrix_field(context.form, key)
        known = (
            {one.slug for one in context.taxonomies[field.taxonomy].terms}
            if field.taxonomy
            else set(COUNTRIES)
        )
        if term not in known:
            raise NoSuchCell(field="cell")


def _claim(row: Record) -> GapClaim:
    by = Author(row["member_id"], row["handle"], row["display_name"], row["group"], row["picture"])
    return GapClaim(id=row["id"], cell=row["cell"], by=by, ends_at=row["ends_at"])
