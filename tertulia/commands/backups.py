"""The commands `tertulia backup`, `tertulia restore` and `tertulia move`."""

import asyncio
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from msgspec.structs import replace

from administration.state.backup_runs import note_backup
from core.errors import Unavailable
from personal_data.erasure_list import FILE_NAME, NotedErasure, join_lists, read_lists
from personal_data.replay import list_erasures
from storage.backups import encryption
from storage.backups.dump import dump
from storage.backups.load import load
from storage.backups.shapes import BackupFailed, Checks
from storage.connections import PATIENCE
from storage.database import connect
from storage.failures import DATABASE_ERRORS
from tertulia.commands.backup_places import STORE, find_file, find_place
from tertulia.commands.context import settings_with_database, settings_with_existing_database
from tertulia.commands.restoring import SKIPPED_IDS, finish_move, finish_restore
from tertulia.settings import HELP, Settings, find_fault, read_settings


class _BackupFile(click.Path):
    """The path of a file, or the address of one in a store, which is not looked at yet."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what was given, if it can be a backup."""
        return value if str(value).startswith(STORE) else super().convert(value, param, ctx)


DATA = click.option("--data", type=click.Path(path_type=Path), help=HELP["data"])


@click.command()
@click.option(
    "--to",
    "target",
    default="-",
    show_default=True,
    help="folder for a new file, or s3://bucket/folder; - for standard output",
)
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    envvar="BACKUP_RECIPIENTS",
    help="public key of age or SSH that can read the backup; may be given several times",
)
@click.option("--keep", type=click.IntRange(1), help="delete all but so many newest backups there")
@DATA
def backup(target: str, recipients: tuple[str, ...], keep: int | None, data: Path | None) -> None:
    """Write all rows as they are at one moment, while the service runs.

    The file gets its name when it is complete and on the disk. The address and the keys of an S3-compatible store are in the
    usual variables: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.

    Everything but the settings and the community's file is in it: also uploaded files, passwords (hashed) and addresses.
    Encrypt it if it leaves the machine.
    """
    keys = [encryption.parse_recipient(one) for one in recipients]
    existing = settings_with_existing_database(read_settings(os.environ, data=data))
    if existing is None:
        raise BackupFailed("There is no database to back up: set DATABASE_URL or --data.")
    if target == "-" and sys.stdout.isatty():
        raise click.UsageError("a backup is no text: name a folder with --to, or redirect the output")
    with existing as settings:
        if target == "-":
            checks = _dump(settings, sys.stdout.buffer, keys)
        else:
            place = find_place(target)
            # To the microsecond, so that of two backups made one after the other neither replaces the other.
            name = f"tertulia-{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}.tar.gz{'.age' if keys else ''}"
            with place.new_file(name) as output:
                checks = _dump(settings, output, keys)
            click.echo(place.path_of(name))
            place.add_erasures(_read_erasures(settings))
        rows = sum(table.rows for table in checks.tables.values())
        asyncio.run(_note(settings, rows, bool(keys)))
    click.echo(
        f"{rows} rows of {len(checks.tables)} tables. The audit log ends with {checks.audit}", err=True
    )
    if keep and target != "-":
        place.keep_newest(keep)


@click.command()
@click.argument("file", type=_BackupFile(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--identity",
    "identities",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="file with the private key of an encrypted backup",
)
@click.option(
    "--erasures",
    "lists",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="file with erasures to do again, besides erasures.txt of the data folder and the one beside the backup",
)
@DATA
def restore(file: str, identities: tuple[Path, ...], lists: tuple[Path, ...], data: Path | None) -> None:
    """Load a backup into an empty database: that of DATABASE_URL, or a new one in the data folder. - is standard input,
    s3://bucket/folder/file is read from a store.

    The service must not be running. Everything is checked first: nothing is kept of a damaged backup. Then clients read
    everything again, everybody has to sign in again, and no e-mail is sent before `tertulia mail release`. Accounts that
    were erased after the backup was made are erased again.
    """
    keys = [key for path in identities for key in encryption.read_identities(path)]
    opened: AbstractContextManager[BinaryIO] = nullcontext(sys.stdin.buffer)
    beside: list[NotedErasure] = []
    if file != "-":
        place, name = find_file(file)
        opened, beside = place.opened(name), place.erasures()
    noted = join_lists(beside, read_lists([read_settings(os.environ, data=data).data / FILE_NAME, *lists]))
    with opened as source, settings_with_database(data) as settings:
        owner = settings.owner_url or settings.database_url
        with encryption.decrypted(source, keys) as plain:
            loaded = asyncio.run(load(owner, plain, SKIPPED_IDS))
        click.echo(asyncio.run(finish_restore(settings, loaded, noted)))


@click.command()
@click.argument("url")
@click.option("--owner-url", default="", help=HELP["owner_url"])
@DATA
def move(url: str, owner_url: str, data: Path | None) -> None:
    """Copy the embedded database to the empty PostgreSQL at URL. The service must not be running.

    Nothing is lost and nobody notices: sessions, positions and ids stay as they are. The embedded database stays too, until
    you delete it.
    """
    settings = read_settings(os.environ, data=data)
    if settings.database_url:
        raise click.UsageError("DATABASE_URL is set: this moves the embedded database, so remove it")
    target = replace(settings, database_url=url, owner_url=owner_url)
    if fault := find_fault(target):
        raise click.UsageError(fault)
    existing = settings_with_existing_database(settings, is_alone=True)
    if existing is None:
        raise BackupFailed(f"There is no embedded database in {settings.data}.")
    with existing as source:
        # Both directions run at the same time, joined by a pipe: nothing is stored in between.
        with encryption.piped(lambda output: asyncio.run(dump(_owner(source), output))) as plain:
            loaded = asyncio.run(load(_owner(target), plain))
        click.echo(asyncio.run(finish_move(target, loaded)))


def _owner(settings: Settings) -> str:
    return settings.owner_url or settings.database_url


def _dump(settings: Settings, output: BinaryIO, keys: list[Any]) -> Checks:
    with encryption.encrypted(output, keys) as plain:
        checks = asyncio.run(dump(_owner(settings), plain))
    output.flush()
    return checks


async def _note(settings: Settings, rows: int, is_encrypted: bool) -> None:
    """Note for administrators that the backup was made; it is complete also if that fails, as on a standby server."""
    try:
        db = await connect(settings.database_url, size=1, patience=PATIENCE)
        try:
            await note_backup(db, rows, is_encrypted)
        finally:
            await db.close()
    except (Unavailable, *DATABASE_ERRORS) as error:
        click.echo(f"The backup is complete, but administrators do not see it: {error}", err=True)


def _read_erasures(settings: Settings) -> list[NotedErasure]:
    """Return all erasures, for the list beside the backups, which are older than later erasures."""

    async def read() -> list[NotedErasure]:
        db = await connect(settings.database_url, size=1, patience=PATIENCE)
        try:
            return await list_erasures(db)
        finally:
            await db.close()

    return asyncio.run(read())
