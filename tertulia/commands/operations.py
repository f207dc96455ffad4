"""The commands `tertulia follow-ups` and `tertulia maintenance`: what waits for the worker, and whether anyone can write."""

import time
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from core.errors import NotFound
from storage.cache import NOTICED_AFTER
from storage.database import Database
from storage.follow_ups import FollowUp, delete_follow_ups, list_follow_ups, retry_follow_ups
from storage.switches import MAINTENANCE
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database
from tertulia.commands.switches import describe_switch, set_switch

DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
_IDS = click.argument("ids", nargs=-1, type=click.IntRange(1, 2**63 - 1))
_ALL_DEAD = click.option("--all", "is_all", is_flag=True, help="all that were given up")


@click.group("follow-ups", cls=Group)
def follow_ups() -> None:
    """Follow-up jobs: what the worker does after each event. One that fails is tried for three days and then given up."""


@follow_ups.command("list")
@click.option("--dead", "is_dead", is_flag=True, help="only those that were given up")
@click.option(
    "--count", type=click.IntRange(1, 10_000), default=100, show_default=True, help="the most to list"
)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object per line")
@DATA
def list_jobs(is_dead: bool, count: int, as_json: bool, data: Path | None) -> None:
    """List the jobs that wait or were given up: id, state, event, attempts and the last error."""

    async def run(db: Database) -> Sequence[FollowUp]:
        async with db.read() as tx:
            return await list_follow_ups(tx, is_dead=is_dead, count=count)

    for job in run_with_database(run, data):
        click.echo(msgspec.json.encode(job).decode() if as_json else job.line)


@follow_ups.command("retry")
@_IDS
@_ALL_DEAD
@DATA
def retry_jobs(ids: tuple[int, ...], is_all: bool, data: Path | None) -> None:
    """Let the worker try the jobs with these IDS again, from the first attempt."""
    _require_choice(ids, is_all)

    async def run(db: Database) -> int:
        async with db.begin() as tx:
            return await retry_follow_ups(tx, None if is_all else ids)

    _report(run_with_database(run, data), ids, "tried again")


@follow_ups.command("drop")
@_IDS
@_ALL_DEAD
@DATA
def drop_jobs(ids: tuple[int, ...], is_all: bool, data: Path | None) -> None:
    """Delete the jobs with these IDS: what they would have done is never done."""
    _require_choice(ids, is_all)

    async def run(db: Database) -> int:
        async with db.begin() as tx:
            return await delete_follow_ups(tx, None if is_all else ids)

    _report(run_with_database(run, data), ids, "dropped")


def _require_choice(ids: tuple[int, ...], is_all: bool) -> None:
    if bool(ids) == is_all:
        raise click.UsageError("name the ids of jobs, or --all for all that were given up")


def _report(count: int, ids: tuple[int, ...], what: str) -> None:
    click.echo(f"{count} {'job is' if count == 1 else 'jobs are'} {what}.")
    if ids and count < len(set(ids)):
        raise NotFound


@click.group(cls=Group)
def maintenance() -> None:
    """Maintenance: everybody can read and nobody can write, and every page says so."""


@maintenance.command("on")
@click.option("--note", default="", help="what pages say instead of the usual sentence")
@DATA
def begin_maintenance(note: str, data: Path | None) -> None:
    """Stop all writing: requests that write get 503 (under_maintenance), and the worker pauses."""
    if len(note) > 300 or not note.isprintable():
        raise click.UsageError("a note is one line of at most 300 characters")
    set_switch(MAINTENANCE, True, note, data)
    # A process may still act on what it knew before.
    time.sleep(NOTICED_AFTER)
    click.echo("Nobody can write. End it with `tertulia maintenance off`.")


@maintenance.command("off")
@DATA
def end_maintenance(data: Path | None) -> None:
    """Allow writing again."""
    set_switch(MAINTENANCE, False, "", data)
    click.echo("Everybody can write again, at the latest in two seconds.")


@maintenance.command("status")
@DATA
def show_maintenance(data: Path | None) -> None:
    """Say whether anybody can write."""
    click.echo(describe_switch(MAINTENANCE, "Nobody can write", "Everybody can write.", data))
