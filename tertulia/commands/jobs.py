"""The command `tertulia jobs`: what failed in the background, and how it is tried again or given up."""

from pathlib import Path

import click
import msgspec

from storage import quarantine
from storage.database import Database
from storage.quarantine import QuarantinedItem
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database

DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
JOB = click.argument("job")


@click.group(cls=Group)
def jobs() -> None:
    """Items of scheduled jobs that failed and wait in quarantine."""


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="print the items as JSON")
@DATA
def list_items(as_json: bool, data: Path | None) -> None:
    """List the items, why they failed at last, and when they are tried again."""

    async def run(db: Database) -> list[QuarantinedItem]:
        async with db.read() as tx:
            return await quarantine.read_quarantine(tx)

    items = run_with_database(run, data)
    if as_json:
        click.echo(msgspec.json.encode(items).decode())
        return
    if not items:
        click.echo("Nothing waits in quarantine.")
    for item in items:
        again = item.due_at.isoformat(timespec="seconds")
        click.echo(f"{item.job}: {item.item} failed {item.attempts} times, again at {again}: {item.error}")


@jobs.command()
@JOB
@click.argument("item", required=False)
@DATA
def retry(job: str, item: str | None, data: Path | None) -> None:
    """Try an item of a job again now; without ITEM, all items of the job."""

    async def run(db: Database) -> int:
        async with db.begin() as tx:
            return await quarantine.retry_items(tx, job, item)

    click.echo(f"{run_with_database(run, data)} will be tried again")
