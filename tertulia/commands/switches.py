"""How commands set switches of the service, and show them."""

from pathlib import Path

from storage.database import Database
from storage.switches import Switch, SwitchName, read_switches, switch_off, switch_on
from tertulia.commands.context import run_with_database


def set_switch(name: SwitchName, is_on: bool, note: str, data: Path | None) -> None:
    """Switch on with a note, or off."""

    async def run(db: Database) -> None:
        async with db.begin() as tx:
            await (switch_on(tx, name, note) if is_on else switch_off(tx, name))

    run_with_database(run, data)


def describe_switch(name: SwitchName, on: str, off: str, data: Path | None) -> str:
    """Return a sentence that begins with `on` and says since when, or `off`."""

    async def run(db: Database) -> Switch | None:
        async with db.read() as tx:
            return (await read_switches(tx)).get(name)

    found = run_with_database(run, data)
    if found is None:
        return off
    note = f" Note: {found.note}" if found.note else ""
    return f"{on} since {found.set_at:%Y-%m-%d %H:%M} UTC.{note}"
