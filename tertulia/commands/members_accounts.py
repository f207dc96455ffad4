"""The commands of `tertulia member` about existing accounts: list, show, verify, password, suspend."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from core import clock
from core.errors import NotFound
from core.visible import NothingVisible, ensure_input_visible
from members.accounts import operator
from members.accounts.actors import load_officer
from members.accounts.operator import Account
from members.profiles.profiles import find_member_id
from moderation.decisions.operator import suspend_member
from moderation.shapes import Decision, Reason
from storage.database import Database
from tertulia.commands.context import run_with_database

DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="print as JSON")


@click.command("list")
@click.argument("words", required=False)
@click.option("--authors", "with_authors", is_flag=True, help="also authors of archives who have no account")
@click.option("--after", type=click.IntRange(0), default=0, help="begin after the member with this id")
@click.option(
    "--count", type=click.IntRange(1, 10_000), default=100, show_default=True, help="the most to list"
)
@AS_JSON
@DATA
def list_members(
    words: str | None, with_authors: bool, after: int, count: int, as_json: bool, data: Path | None
) -> None:
    """List accounts, or those whose handle, name or address contains WORDS."""

    async def run(db: Database) -> Sequence[Account]:
        async with db.read() as tx:
            return await operator.list_accounts(
                tx, words, with_authors=with_authors, after=after, count=count
            )

    for account in run_with_database(run, data):
        click.echo(msgspec.json.encode(account).decode() if as_json else _line(account))


@click.command("show")
@click.argument("handle")
@AS_JSON
@DATA
def show_member(handle: str, as_json: bool, data: Path | None) -> None:
    """Show the account of HANDLE."""

    async def run(db: Database) -> Account:
        async with db.read() as tx:
            return await operator.get_account(tx, handle)

    account = run_with_database(run, data)
    if as_json:
        click.echo(msgspec.json.encode(account).decode())
        return
    for name, value in msgspec.to_builtins(account).items():
        click.echo(
            f"{name}: {', '.join(value) if isinstance(value, list) else '' if value is None else value}"
        )


@click.command("verify")
@click.argument("handle")
@DATA
def verify_member(handle: str, data: Path | None) -> None:
    """Mark the address of HANDLE as verified, without an e-mail."""

    async def run(db: Database) -> None:
        async with db.begin() as tx:
            await operator.verify_account(tx, handle)

    run_with_database(run, data)
    click.echo(f"The address of {handle} is verified.")


@click.command("password")
@click.argument("handle")
@DATA
def give_password_link(handle: str, data: Path | None) -> None:
    """Print a link with which HANDLE sets a new password, for members whose e-mail does not arrive.

    Give it to that member only: whoever opens it first has the account. Setting the password ends all sessions.
    """

    async def run(db: Database) -> str:
        async with db.begin() as tx:
            return f"{db.site}/reset/{await operator.make_password_link(tx, handle)}"

    click.echo(run_with_database(run, data))


@click.command("suspend")
@click.argument("handle")
@click.option("--days", type=click.IntRange(1, 3_650), required=True, help="for how long")
@click.option("--by", "officer", required=True, help="handle of the administrator who decides this")
@click.option("--rule", required=True, help="the rule or law; public")
@click.option("--facts", required=True, help="what was found; public")
@DATA
def suspend(handle: str, days: int, officer: str, rule: str, facts: str, data: Path | None) -> None:
    """Suspend HANDLE everywhere, as a decision with its reasons: in the audit log, sent to the member, open to appeal."""
    try:
        reason = msgspec.convert({"rule": rule, "facts": facts}, Reason)
        ensure_input_visible(reason)
    except (msgspec.ValidationError, NothingVisible) as error:
        raise click.UsageError(str(error)) from error

    async def run(db: Database) -> Decision:
        async with db.begin() as tx:
            by = await find_member_id(tx, officer)
            if by is None:
                raise NotFound
            actor = await load_officer(tx, by, clock.now())
            return await suspend_member(tx, actor, handle, days, reason)

    decision = run_with_database(run, data)
    click.echo(f"{handle} is suspended for {days} days (case {decision.case}, decision {decision.id}).")


def _line(account: Account) -> str:
    facts = [
        account.email or "",
        "" if account.is_verified or not account.email else "unverified",
        "" if account.is_claimed else "no account",
        *account.duties,
        f"suspended until {account.suspended_until:%Y-%m-%d}" if account.suspended_until else "",
    ]
    return "  ".join([f"{account.id:>8}", account.handle, account.display_name, *filter(None, facts)])
