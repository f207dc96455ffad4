"""When backups were made, for administrators. A database of an older version, which is backed up before it is migrated, has
no place for it."""

from datetime import datetime, timedelta

from core import clock
from storage.database import Database, Reader
from storage.statements import statement

KEPT = timedelta(days=366)

SELECT_CAN_NOTE = statement("SELECT to_regclass('backup_runs') IS NOT NULL")
INSERT_BACKUP_RUN = statement("""
WITH old AS (DELETE FROM backup_runs WHERE made_at < :before)
INSERT INTO backup_runs (made_at, row_count, is_encrypted) VALUES (:now, :rows, :is_encrypted)
""")
SELECT_LAST_BACKUP = statement("SELECT max(made_at) FROM backup_runs")


async def note_backup(db: Database, rows: int, is_encrypted: bool) -> None:
    """Note that a backup is complete."""
    now = clock.now()
    async with db.begin() as tx:
        if await tx.value(SELECT_CAN_NOTE):
            await tx.run(INSERT_BACKUP_RUN, now=now, before=now - KEPT, rows=rows, is_encrypted=is_encrypted)


async def read_last_backup(tx: Reader) -> datetime | None:
    """Return when the last backup was made, or None."""
    made: datetime | None = await tx.value(SELECT_LAST_BACKUP)
    return made
