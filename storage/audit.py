"""The audit: what those with a duty did, and what was brought before them, in rows that are only ever added to.

Each row carries the SHA-256 of itself and of the hash of the row before it, so that none can be changed, left out or put
in without all that follow being written anew. Numbers and hashes are made by a trigger; verifying reckons them here.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from asyncpg import Record
from msgspec import Struct

from storage.statements import Statement, statement

_BATCH = 5_000
_FIRST = sha256(b"").digest()

# The last thing a transaction does: whoever holds the head of the chain waits for nothing else.
INSERT_AUDIT_ENTRY = statement("""
INSERT INTO audit (at, kind, by_id, sector_id, gathering_id, about)
VALUES (:at, :kind, :by, :sector, :gathering, :about)
""")
_HEAD = statement("SELECT number, hash FROM audit_head")
_AFTER = statement("""
SELECT number, at, kind, by_id, sector_id, gathering_id, about::text AS about, previous, hash
FROM audit WHERE number > :after AND number <= :last ORDER BY number LIMIT :count
""")


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Something to be written down: what, by whom if a member did it under a duty, where, and the facts."""

    at: datetime
    kind: str
    by: int | None = None
    sector: int | None = None
    gathering: int | None = None
    about: Mapping[str, Any]


class Chain(Struct, frozen=True, kw_only=True):
    """How long the chain is and how it ends; `broken` is the first row that is not as it was written, and why."""

    length: int
    head: str
    broken: int | None = None
    why: str = ""


class _Reads(Protocol):
    async def row(self, query: Statement, **binds: Any) -> Record | None: ...
    async def rows(self, query: Statement, **binds: Any) -> list[Record]: ...


async def verify(tx: _Reads, noted: tuple[int, str] | None = None) -> Chain:
    """Reckon the whole chain anew. With `noted`, a number and the hash it had: also whether it still has that one."""
    head = await tx.row(_HEAD)
    assert head is not None
    length, last = head["number"], _FIRST

    def found(broken: int | None, why: str = "") -> Chain:
        return Chain(length=length, head=head["hash"].hex(), broken=broken, why=why)

    expected = 1
    async for row in _rows(tx, length):
        why = _fault(row, expected, last)
        if noted is not None and noted[0] == expected and noted[1] != row["hash"].hex():
            why = why or "its hash is another one than was noted"
        if why is not None:
            return found(expected, why)
        expected, last = expected + 1, row["hash"]
    if expected <= length:
        return found(expected, "it is missing")
    if last != head["hash"]:
        return found(length, "the chain ends with another hash")
    if noted is not None and noted[0] > length:
        return found(length + 1, "it was there when its hash was noted, and is missing")
    return found(None)


async def _rows(tx: _Reads, last: int) -> AsyncIterator[Record]:
    after = 0
    while rows := await tx.rows(_AFTER, after=after, last=last, count=_BATCH):
        for row in rows:
            yield row
        after = rows[-1]["number"]


def _fault(row: Record, expected: int, last: bytes) -> str | None:
    if row["number"] != expected:
        return "it is missing"
    if row["previous"] != last:
        return "it does not follow from the row before it"
    if sha256(last + _line(row)).digest() != row["hash"]:
        return "it was changed"
    return None


def _line(row: Record) -> bytes:
    """A row as it is hashed. Nothing in it holds a line break, so that no two rows give the same."""
    at = row["at"].astimezone(UTC)
    parts = [row["number"], f"{at:%Y-%m-%dT%H:%M:%S.%f}", row["kind"], row["by_id"] or 0]
    parts += [row["sector_id"] or 0, row["gathering_id"] or 0, row["about"]]
    return "\n".join(map(str, parts)).encode()
