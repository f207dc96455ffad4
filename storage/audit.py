"""The audit log: what members did in a role and what was reported to them, in rows that are only ever added.

Each row contains the SHA-256 of its own content and the hash of the row before, so that no row can be changed, removed or
inserted without computing all later rows again. A trigger makes the numbers and hashes; `verify` computes them here.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from asyncpg import Record
from msgspec import Struct

from storage.statements import Statement, statement

_BATCH_SIZE = 5_000
_FIRST_HASH = sha256(b"").digest()

# This must be the last statement of a transaction: it locks the head of the chain, on which all others wait.
INSERT_AUDIT_ENTRY = statement("""
INSERT INTO audit (at, kind, by_id, sector_id, gathering_id, about)
VALUES (:at, :kind, :by, :sector, :gathering, :about)
""")
SELECT_AUDIT_HEAD = statement("SELECT number, hash FROM audit_head")
SELECT_AUDIT_ROWS_AFTER = statement("""
SELECT number, at, kind, by_id, sector_id, gathering_id, about::text AS about, previous, hash
FROM audit WHERE number > :after AND number <= :last ORDER BY number LIMIT :count
""")


class AuditEntry(Struct, frozen=True, kw_only=True):
    """An entry to be added: its kind, the member who acted in a role (if any), where, and the facts."""

    at: datetime
    kind: str
    by: int | None = None
    sector: int | None = None
    gathering: int | None = None
    about: Mapping[str, Any]


class Verification(Struct, frozen=True, kw_only=True):
    """The length of the chain and its last hash; `broken` is the number of the first invalid row, `why` the reason."""

    length: int
    head: str
    broken: int | None = None
    why: str = ""


class _Reader(Protocol):
    async def row(self, query: Statement, **binds: Any) -> Record | None: ...
    async def rows(self, query: Statement, **binds: Any) -> list[Record]: ...


async def verify(tx: _Reader, noted: tuple[int, str] | None = None) -> Verification:
    """Compute all hashes of the chain again and compare them.

    `noted` is the number and hash of a row from an earlier run; the row must still have that hash.
    """
    head = await tx.row(SELECT_AUDIT_HEAD)
    assert head is not None
    length, last = head["number"], _FIRST_HASH

    def result(broken: int | None, why: str = "") -> Verification:
        return Verification(length=length, head=head["hash"].hex(), broken=broken, why=why)

    expected = 1
    async for row in _read_rows(tx, length):
        why = _find_fault(row, expected, last)
        if noted is not None and noted[0] == expected and noted[1] != row["hash"].hex():
            why = why or "its hash is not the one that was noted"
        if why is not None:
            return result(expected, why)
        expected, last = expected + 1, row["hash"]
    if expected <= length:
        return result(expected, "it is missing")
    if last != head["hash"]:
        return result(length, "the chain ends with another hash")
    if noted is not None and noted[0] > length:
        return result(length + 1, "it existed when its hash was noted, and is missing")
    return result(None)


async def _read_rows(tx: _Reader, last: int) -> AsyncIterator[Record]:
    after = 0
    while rows := await tx.rows(SELECT_AUDIT_ROWS_AFTER, after=after, last=last, count=_BATCH_SIZE):
        for row in rows:
            yield row
        after = rows[-1]["number"]


def _find_fault(row: Record, expected: int, last: bytes) -> str | None:
    if row["number"] != expected:
        return "it is missing"
    if row["previous"] != last:
        return "it does not follow from the row before it"
    if sha256(last + _hashed_text(row)).digest() != row["hash"]:
        return "it was changed"
    return None


def _hashed_text(row: Record) -> bytes:
    """Return the text of a row that is hashed. No field contains a line break, so no two rows have the same text."""
    at = row["at"].astimezone(UTC)
    parts = [row["number"], f"{at:%Y-%m-%dT%H:%M:%S.%f}", row["kind"], row["by_id"] or 0]
    parts += [row["sector_id"] or 0, row["gathering_id"] or 0, row["about"]]
    return "\n".join(map(str, parts)).encode()
