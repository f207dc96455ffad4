"""Writes the files that describe the schema, from a new database that is migrated for this and deleted again."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import asyncpg

from storage import schema
from storage.embedded import postgres
from storage.sql.catalog import describe

FOLDER = Path(__file__).parent


async def _describe_new_database(url: str) -> dict[str, str]:
    await schema.migrate(url)
    connection = await asyncpg.connect(url)
    try:
        return await describe(connection)
    finally:
        await connection.close()


def main() -> None:
    """Start an embedded server, migrate a database and replace the files in this folder."""
    folder = Path(tempfile.mkdtemp(prefix="tertulia-schema-"))
    # The account that the database server runs as has to reach the folder.
    folder.chmod(0o755)
    try:
        with postgres.start(folder / "data", settings={"fsync": "off"}) as cluster:
            files = asyncio.run(_describe_new_database(cluster.owner_url))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for old in FOLDER.rglob("*.sql"):
        old.unlink()
    for name, text in files.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
