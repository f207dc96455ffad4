"""The commands `tertulia doctor` and `tertulia config`: whether an installation works, and what to do if not."""

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from tertulia.command_groups import Group
from tertulia.commands.context import settings_with_existing_database
from tertulia.doctor.doctor import examine
from tertulia.doctor.findings import Finding
from tertulia.doctor.setting_checks import check_settings
from tertulia.doctor.unsuitable import find_unsuitable
from tertulia.limits.table import LimitsUnusable, read_limits, table_lines
from tertulia.settings import HELP, BadSettings, Settings, read_settings, variable

DATA = click.option("--data", type=click.Path(path_type=Path), help=HELP["data"])
_SECRETS = frozenset({"smtp_url", "database_url", "owner_url", "redis_url", "translator_key"})


@click.command()
@click.option("--repair", "is_repairing", is_flag=True, help="count stored counts again that are wrong")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object per line")
@DATA
def doctor(is_repairing: bool, as_json: bool, data: Path | None) -> None:
    """Check the settings, the database and everything that the service needs; print a line for each check.

    The service may be running. Nothing is changed without --repair. The exit status is 1 if anything is wrong.
    """
    settings = _read(as_json, data=data)

    async def run(found: Settings | None) -> bool:
        is_well = True
        async for finding in examine(settings, found, is_repairing):
            _print(finding, as_json)
            is_well &= finding.state != "wrong"
        return is_well

    existing = settings_with_existing_database(settings)
    if existing is None:
        sys.exit(0 if asyncio.run(run(None)) else 1)
    with existing as found:
        is_well = asyncio.run(run(found))
    sys.exit(0 if is_well else 1)


@click.group(cls=Group)
def config() -> None:
    """The settings of the environment."""


@config.command("check")
@click.option("--host", help=HELP["host"])
@click.option("--port", type=click.IntRange(0, 65_535), help=HELP["port"])
@click.option("--json", "as_json", is_flag=True, help="print one JSON object per line")
@DATA
def check(host: str | None, port: int | None, as_json: bool, data: Path | None) -> None:
    """Say whether the service would start with these settings; the exit status is 1 if not.

    The database and Redis are asked what they are; it is no fault if they do not answer yet.
    """
    settings = _read(as_json, data=data, host=host, port=port)
    status = _print_all(check_settings(settings), as_json)
    if fault := asyncio.run(find_unsuitable(settings)):
        _print(Finding("servers", "wrong", fault), as_json)
        status = 1
    sys.exit(status)


@config.command("show")
@DATA
def show(data: Path | None) -> None:
    """Print every setting with its value and what it is for (addresses with passwords only as set or not), and the table
    of rate limits."""
    settings = _read(False, data=data)
    for name, about in HELP.items():
        value = getattr(settings, name)
        shown = ("(set)" if value else "") if name in _SECRETS else str(value)
        click.echo(f"{variable(name)}={shown}\n    {about}")
    try:
        table = read_limits(settings.limits)
    except LimitsUnusable as error:
        _print(Finding("rate limits", "wrong", f"TERTULIA_LIMITS: {error}."), False)
        sys.exit(1)
    click.echo("\nRate limits by action:")
    for line in table_lines(table):
        click.echo(f"    {line}")


def _read(as_json: bool, **given: object) -> Settings:
    """Return the settings; print what is wrong with them as a finding and end if they cannot work."""
    try:
        return read_settings(os.environ, **given)
    except BadSettings as error:
        _print(Finding("settings", "wrong", f"{error}.".replace("..", ".")), as_json)
        sys.exit(1)


def _print_all(findings: Iterable[Finding], as_json: bool) -> int:
    status = 0
    for finding in findings:
        _print(finding, as_json)
        status |= finding.state == "wrong"
    return int(status)


def _print(finding: Finding, as_json: bool) -> None:
    click.echo(msgspec.json.encode(finding).decode() if as_json else finding.line)
