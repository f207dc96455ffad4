"""Backups are noted for administrators, for a year."""

from datetime import timedelta

from administration.state.backup_runs import note_backup, read_last_backup
from core import clock
from storage.database import Database
from tests.support.people import a_person
from tests.support.service import Service, raw_sql


async def test_a_backup_is_a_step_for_two_days(app: Service, db: Database) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])

    async def is_done() -> bool:
        steps = (await root.get("/overview")).json()["steps"]
        return next(bool(step["is_done"]) for step in steps if step["name"] == "backup")

    assert not await is_done()
    with clock.stop_at(clock.now() - timedelta(days=3)):
        await note_backup(db, 7, False)
    assert not await is_done()
    await note_backup(db, 8, True)
    assert await is_done()
    async with db.read() as tx:
        assert await read_last_backup(tx) is not None


async def test_old_notes_are_deleted(db: Database) -> None:
    for days in (400, 300, 0):
        with clock.stop_at(clock.now() - timedelta(days=days)):
            await note_backup(db, days, False)
    rows = await raw_sql(db).fetch("SELECT row_count FROM backup_runs ORDER BY id")
    assert [row["row_count"] for row in rows] == [300, 0]
