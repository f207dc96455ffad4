"""Migrations: one chain in the order of their numbers, run once by processes that start at the same time."""

import asyncio
import re

import asyncpg

from storage import schema
from storage.embedded.postgres import Cluster

VERSIONS = sorted(schema._VERSIONS.glob("[0-9]*.py"))
IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('log_at')"


def test_each_migration_follows_the_one_with_the_next_lower_number() -> None:
    # The newest number is taken for the revision that this code needs, and a lower one for an older schema.
    numbers = [path.name[:4] for path in VERSIONS]
    texts = [path.read_text() for path in VERSIONS]
    assert [re.search(r'^revision = "(\d+)"', text, re.M)[1] for text in texts] == numbers
    before = [re.search(r'^down_revision = (?:"(\d+)"|None)', text, re.M)[1] for text in texts]
    assert before == [None, *numbers[:-1]]


async def test_processes_that_start_together_migrate_once_and_no_index_stays_broken(cluster: Cluster) -> None:
    """Slow: it runs all migrations. An index that is made concurrently waits for every other transaction."""
    empty = cluster.create_database("migrated_twice")
    found = await asyncio.gather(*(schema.migrate(empty) for _ in range(2)))
    assert {after for _, after in found} == {schema.newest()}
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval(IS_VALID) is True
    await connection.close()
