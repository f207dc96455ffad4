"""The command `tertulia audit verify`: checks that no row of the audit log was changed."""

import re
import sys
from pathlib import Path

import click
import msgspec

from storage.audit import Verification, verify
from storage.database import Database
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database
from tertulia.commands.service import DATA

_NOTED = re.compile(r"([1-9]\d{0,17}):([0-9a-f]{64})")


@click.group(cls=Group)
def audit() -> None:
    """The audit log: what was reported and what members did in a role, in rows that cannot be changed."""


@audit.command("verify")
@click.option(
    "--noted", metavar="NUMBER:HASH", help="a row number and hash that an earlier run printed, to be compared"
)
@click.option("--json", "as_json", is_flag=True, help="print the result as JSON")
@DATA
def verify_audit(noted: str | None, as_json: bool, data: Path | None) -> None:
    """Compute all hashes again; print the first row that was changed or is missing (exit status 1)."""
    wanted = None
    if noted is not None:
        match = _NOTED.fullmatch(noted)
        if match is None:
            raise click.UsageError("--noted expects the number and the hash of a row, NUMBER:HASH")
        wanted = (int(match[1]), match[2])

    async def run(db: Database) -> Verification:
        async with db.read() as tx:
            return await verify(tx, wanted)

    chain = run_with_database(run, data)
    if as_json:
        click.echo(msgspec.json.encode(chain))
    elif chain.broken is None:
        click.echo(f"All {chain.length} rows are as they were written. The last: {chain.length}:{chain.head}")
    else:
        click.echo(f"Row {chain.broken} is not as it was written: {chain.why}.")
    sys.exit(0 if chain.broken is None else 1)
