"""The files in storage/sql describe the database that the migrations make."""

from pathlib import Path

import asyncpg

import storage.sql
from storage.sql.catalog import describe
from tests.support.service import Service

FOLDER = Path(storage.sql.__file__).parent


async def test_the_files_describe_the_migrated_database(service: Service) -> None:
    connection = await asyncpg.connect(service.owner_url)
    described = await describe(connection)
    await connection.close()

    written = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.sql")}

    assert sorted(written) == sorted(described), "`make schema` writes the files anew"
    assert [name for name in written if written[name] != described[name]] == [], "`make schema` writes them"
