"""The commands `tertulia member erase` and `tertulia member erasures`."""

import os
from pathlib import Path

import click

from core import clock
from core.errors import NotFound
from core.ids import MemberId
from members.accounts.erasure import FORMER_HANDLE
from members.accounts.erasure_requests import KINDS, plan_erasure, read_begun_erasures
from members.profiles.profiles import find_member_id
from personal_data.erasing import erase_next_member
from personal_data.preview import ErasurePreview, preview_erasure
from personal_data.replay import list_erasures
from storage.database import Database
from tertulia.commands.context import run_with_database
from tertulia.scheduled_jobs import erasure_surroundings
from tertulia.settings import read_settings

DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
CHOICE = click.Choice(["delete", "keep"])


@click.command("erase")
@click.argument("handle")
@click.option("--posts", type=CHOICE, required=True, help="delete the texts, or keep them without the name")
@click.option("--rooms", type=CHOICE, help="the same for what was written in rooms; as --posts if absent")
@click.option("--entries", type=CHOICE, help="the same for entries of boards; as --posts if absent")
@click.option("--yes", is_flag=True, help="do not ask")
@DATA
def erase_member(
    handle: str, posts: str, rooms: str | None, entries: str | None, yes: bool, data: Path | None
) -> None:
    """Erase HANDLE at once: a member who asked for it, or an author of an archive who has no account.

    It shows first what goes and what stays, and asks. Nobody can bring it back. What open cases need stays until they end.
    """
    kinds = {"posts": posts, "rooms": rooms or posts, "entries": entries or posts}
    deletes = sorted(kind for kind, choice in kinds.items() if choice == "delete")
    settings = read_settings(os.environ, data=data)

    async def look(db: Database) -> tuple[MemberId, ErasurePreview]:
        async with db.read() as tx:
            member = await find_member_id(tx, handle)
            if member is None or handle == FORMER_HANDLE:
                raise NotFound
            return member, await preview_erasure(tx, member)

    member, preview = run_with_database(look, data)
    click.echo(_describe(preview, deletes))
    if not yes:
        click.confirm(f"Erase {handle}?", abort=True)

    async def erase(db: Database) -> bool:
        async with db.begin() as tx:
            await plan_erasure(tx, member, deletes, clock.now())
        while await erase_next_member(erasure_surroundings(settings), db):
            pass
        async with db.read() as tx:
            return any(row["member_id"] == member for row in await read_begun_erasures(tx))

    has_begun = run_with_database(erase, data)
    if not has_begun:
        raise click.ClickException("The erasure failed: see `tertulia jobs list`.")
    waits = " What open cases need is erased when they have ended." if preview.held_cases else ""
    click.echo(f"{handle} is erased.{waits}")


@click.command("erasures")
@DATA
def print_erasures(data: Path | None) -> None:
    """Print all erasures by id, for a file that `tertulia restore --erasures FILE` reads. Keep it where the backups are."""
    for one in run_with_database(list_erasures, data):
        click.echo(one.line())


def _describe(preview: ErasurePreview, deletes: list[str]) -> str:
    lines = []
    for kind in KINDS:
        what = "deleted" if kind in deletes else "kept without the name"
        lines.append(f"texts in {kind}: {getattr(preview.texts, kind)}, {what}")
    if preview.texts.joint_entries:
        lines.append(f"entries on which others worked: {preview.texts.joint_entries}, kept without the name")
    lines += [f"{row.description}: {row.count}, deleted" for row in preview.gone]
    lines += [f"{row.description}: {row.count}. {row.erased}" for row in preview.kept]
    if preview.held_cases:
        lines.append(f"open cases that still need something: {preview.held_cases}")
    return "\n".join(lines)
