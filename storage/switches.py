"""Switches that an operator sets with a command, for all processes: maintenance (nobody can write) and held e-mails.

They are rows and not settings, so that they take effect without a restart and stay after one.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Literal

from msgspec import Struct

from core import clock
from core.errors import Unavailable
from storage.database import Database, Reader, Transaction
from storage.statements import statement

SwitchName = Literal["maintenance", "mail_held"]
MAINTENANCE: SwitchName = "maintenance"
MAIL_HELD: SwitchName = "mail_held"

# Every process has noticed a change after this many seconds.
NOTICED_AFTER = 1.5
# A request waits so many seconds for the switches. Then it goes on with those known before, and has time to be refused.
LONGEST_WAIT = 0.5

SELECT_SWITCHES = statement("SELECT name, note, set_at FROM switches")
UPSERT_SWITCH = statement("""
INSERT INTO switches (name, note, set_at) VALUES (:name, :note, :now)
ON CONFLICT (name) DO UPDATE SET note = excluded.note
""")
DELETE_SWITCH = statement("DELETE FROM switches WHERE name = :name")


class Switch(Struct, frozen=True):
    """A switch that is on: since when, and a note for those whom it concerns."""

    name: str
    note: str
    set_at: datetime


async def read_switches(tx: Reader) -> Mapping[str, Switch]:
    """Return the switches that are on, by name."""
    return {row["name"]: Switch(**row) for row in await tx.rows(SELECT_SWITCHES)}


async def switch_on(tx: Transaction, name: SwitchName, note: str = "") -> None:
    """Switch on; a switch that is on already keeps its time and gets the new note."""
    await tx.run(UPSERT_SWITCH, name=name, note=note, now=clock.now())


async def switch_off(tx: Transaction, name: SwitchName) -> bool:
    """Switch off; return whether it was on."""
    return bool(await tx.run(DELETE_SWITCH, name=name))


class Switches:
    """The switches as one process knows them, read again when they are older than `NOTICED_AFTER`."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.on: Mapping[str, Switch] = {}
        self.read_at = float("-inf")
        self.reading: asyncio.Task[None] | None = None

    async def find(self, name: SwitchName) -> Switch | None:
        """Return a switch if it is on, or was when the database last answered: nobody waits for it longer than a moment."""
        if monotonic() - self.read_at >= NOTICED_AFTER:
            if self.reading is None or self.reading.done():
                self.reading = asyncio.create_task(self._read())
            await asyncio.wait({self.reading}, timeout=LONGEST_WAIT)
        return self.on.get(name)

    async def _read(self) -> None:
        began_at = monotonic()
        # Whatever needs the database says itself that it does not answer.
        with suppress(Unavailable):
            async with self.db.read() as tx:
                self.on = await read_switches(tx)
            self.read_at = began_at
