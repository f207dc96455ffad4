"""The preview of an erasure: what is deleted, what stays without the name, and what has to wait, each with numbers."""

from msgspec import Struct
from sqlalchemy import TextClause, func, select

from core import clock
from core.ids import MemberId
from moderation.cases.erasure import find_held_cases
from moderation.policy import UNDO_WINDOW
from personal_data.declarations import PERSONAL_DATA
from storage.database import Reader
from storage.personal_data import GONE
from storage.statements import Statement, statement

COUNT_TEXTS = statement("""
SELECT count(*) FILTER (WHERE t.kind = 'entry' AND p.number = 1) AS entries,
    count(*) FILTER (WHERE t.kind = 'room') AS rooms,
    count(*) FILTER (WHERE t.kind <> 'room' AND NOT (t.kind = 'entry' AND coalesce(p.number = 1, false))) AS posts
FROM posts p JOIN topics t ON t.id = p.topic_id WHERE p.author_id = :member
""")
COUNT_JOINT_ENTRIES = statement("""
SELECT count(*) FROM entries e WHERE e.author_id = :member AND (EXISTS (
        SELECT FROM entry_contributors c WHERE c.entry_id = e.id AND c.member_id <> :member
    ) OR EXISTS (SELECT FROM entry_versions v WHERE v.entry_id = e.id AND v.written_by <> :member))
""")
SELECT_VERIFIED_ADDRESS = statement(
    "SELECT email FROM members WHERE id = :member AND email_verified_at IS NOT NULL"
)


class Texts(Struct, frozen=True):
    """How many texts of each kind the member wrote; of `entries`, those that stay in any case are `joint_entries`."""

    posts: int
    rooms: int
    entries: int
    joint_entries: int


class DataRow(Struct, frozen=True):
    """One kind of data: its description, how many rows there are, and what becomes of it."""

    description: str
    count: int
    erased: str


class ErasurePreview(Struct, frozen=True, kw_only=True):
    """What an erasure would do: `texts` to choose about, `gone` and `kept` data, and the number of open cases for which some
    of it has to wait."""

    texts: Texts
    gone: list[DataRow]
    kept: list[DataRow]
    held_cases: int


def _count(query: Statement) -> Statement:
    assert isinstance(query.clause, TextClause)
    return statement(select(func.count()).select_from(query.clause.columns().subquery("counted")))


_COUNTS = {name: _count(file.query) for name, file in PERSONAL_DATA.files.items()}


async def preview_erasure(tx: Reader, member: MemberId) -> ErasurePreview:
    """Return what the erasure of a member would delete and keep."""
    counted = await tx.row(COUNT_TEXTS, member=member)
    assert counted is not None
    joint = int(await tx.value(COUNT_JOINT_ENTRIES, member=member))
    rows = [
        DataRow(file.description, await _count_rows(tx, _COUNTS[name], member), file.erased)
        for name, file in PERSONAL_DATA.files.items()
    ]
    held = await find_held_cases(tx, member, await tx.value(SELECT_VERIFIED_ADDRESS, member=member))
    return ErasurePreview(
        texts=Texts(joint_entries=joint, **counted),
        gone=[row for row in rows if row.count and row.erased == GONE],
        kept=[row for row in rows if row.count and row.erased != GONE],
        held_cases=len(held.cases),
    )


async def _count_rows(tx: Reader, query: Statement, member: MemberId) -> int:
    binds = {"member": member}
    if "settled" in query.names:
        return int(await tx.value(query, settled=clock.now() - UNDO_WINDOW, **binds))
    return int(await tx.value(query, **binds))
