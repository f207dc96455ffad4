"""Switches that an operator sets with a command, for all processes: maintenance (nobody can write), held e-mails, and the
mark of a demonstration, which nobody takes back.

They are rows and not settings, so that they take effect without a restart and stay after one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from core import clock
from storage.cache import Refreshed
from storage.database import Database, Reader, Transaction
from storage.statements import statement

SwitchName = Literal["maintenance", "mail_held", "demonstration"]
MAINTENANCE: SwitchName = "maintenance"
MAIL_HELD: SwitchName = "mail_held"
DEMONSTRATION: SwitchName = "demonstration"

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
    """The switches as one process knows them."""

    def __init__(self, db: Database) -> None:
        self.on: Refreshed[Mapping[str, Switch]] = Refreshed(db, read_switches, {})

    async def find(self, name: SwitchName) -> Switch | None:
        """Return a switch if it is on, or was when the database last answered."""
        return (await self.read()).get(name)

    async def read(self) -> Mapping[str, Switch]:
        """Return the switches that are on, by name, or were when the database last answered."""
        return await self.on.get()
