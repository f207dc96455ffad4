"""Counters: numbers stored beside the rows that they count, each with the statements that find and correct wrong ones.

A counter is written in the transaction that changes its rows, so it cannot be wrong unless somebody changed rows by hand or
a version had a bug. `tertulia doctor` compares all of them, and `--repair` counts again, one row at a time under the lock
that the writers of the counter take as well.
"""

from collections.abc import Sequence

from msgspec import Struct

from storage.database import Database, Reader
from storage.statements import Statement, statement


class Counter(Struct, frozen=True, kw_only=True):
    """A stored count. `find` returns the `id` of each row whose count is wrong; `lock` and `repair` take one `id`.

    `lock` may be the same for several counters of a table.
    """

    name: str
    find: Statement
    lock: Statement
    repair: Statement


# The position of a channel must not be below its last event: the next event would have a number that exists.
CHANNEL_POSITIONS = Counter(
    name="positions of channels",
    find=statement("""
SELECT c.name AS id FROM channels c JOIN (SELECT channel, max(seq) AS last FROM log GROUP BY channel) l ON l.channel = c.name
WHERE c.seq < l.last ORDER BY c.name
"""),
    lock=statement("SELECT FROM channels WHERE name = :id FOR UPDATE"),
    repair=statement("""
UPDATE channels SET seq = greatest(seq, (SELECT max(seq) FROM log WHERE channel = :id)) WHERE name = :id
"""),
)


async def find_wrong(tx: Reader, counter: Counter) -> Sequence[object]:
    """Return the ids of the rows whose count is wrong."""
    return [row["id"] for row in await tx.rows(counter.find)]


async def repair(db: Database, counter: Counter, wrong: Sequence[object]) -> None:
    """Count the rows with these ids again, each in a transaction of its own, so that writers hardly wait."""
    for one in wrong:
        async with db.begin() as tx:
            await tx.run(counter.lock, id=one)
            await tx.run(counter.repair, id=one)
