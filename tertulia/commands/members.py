"""The commands `tertulia member` and `tertulia duty`: accounts and roles."""

from pathlib import Path
from secrets import token_urlsafe

import click
import msgspec

from core.ids import MemberId
from core.visible import NothingVisible, ensure_input_visible
from members.accounts import accounts, passwords
from members.accounts.credentials import normalize_address
from members.profiles import duties
from members.profiles.profiles import read_member
from members.shapes import DutyKind, Me, NewAccount
from storage.database import Database
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database
from tertulia.commands.erasing import erase_member, print_erasures
from tertulia.commands.members_accounts import (
    give_password_link,
    list_members,
    show_member,
    suspend,
    verify_member,
)

DUTIES = click.Choice(["administrator", "moderator", "host"])
DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="print the member as JSON")


@click.group(cls=Group)
def member() -> None:
    """Members and their accounts."""


@member.command()
@click.argument("handle")
@click.option("--email", required=True, help="the member's e-mail address")
@click.option(
    "--password", help="the password; without one, the member sets it with a link from the reset page"
)
@click.option("--display-name", help="the name shown with posts; the handle if absent")
@click.option(
    "--verified",
    is_flag=True,
    help="treat the address as verified; otherwise a verification link is sent to it",
)
@click.option("--json", "as_json", is_flag=True, hidden=True)
@DATA
def add(
    handle: str,
    email: str,
    password: str | None,
    display_name: str | None,
    verified: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Create an account and print the member as JSON."""
    account = _account(handle=handle, email=email, password=password, display_name=display_name)

    async def run(db: Database) -> Me:
        sealed = await passwords.seal_secret(password) if password else None
        async with db.begin() as tx:
            me = await accounts.register(tx, account, sealed)
            if not verified:
                return me
            await accounts.mark_address_verified(tx, MemberId(me.id), normalize_address(email))
            return await read_member(tx, MemberId(me.id))

    _print(run_with_database(run, data))


for _command in (
    list_members,
    show_member,
    verify_member,
    give_password_link,
    suspend,
    erase_member,
    print_erasures,
):
    member.add_command(_command)


@click.group(cls=Group)
def duty() -> None:
    """Roles: administrator, moderator of a sector, host of a gathering."""


@duty.command()
@click.argument("handle")
@click.argument("kind", type=DUTIES)
@click.argument("where", required=False)
@AS_JSON
@DATA
def grant(handle: str, kind: DutyKind, where: str | None, as_json: bool, data: Path | None) -> None:
    """Give HANDLE a role: administrator | moderator SLUG | host ID."""
    _change(handle, kind, where, data, as_json, is_given=True)


@duty.command()
@click.argument("handle")
@click.argument("kind", type=DUTIES)
@click.argument("where", required=False)
@AS_JSON
@DATA
def revoke(handle: str, kind: DutyKind, where: str | None, as_json: bool, data: Path | None) -> None:
    """Take a role from HANDLE: administrator | moderator SLUG | host ID."""
    _change(handle, kind, where, data, as_json, is_given=False)


def _change(
    handle: str, kind: DutyKind, where: str | None, data: Path | None, as_json: bool, *, is_given: bool
) -> None:
    scope = _scope(kind, where)

    async def run(db: Database) -> Me:
        async with db.begin() as tx:
            found = await duties.find_member(tx, handle)
            post = await duties.find_duty_scope(tx, kind, scope)
            await (duties.insert_duty(tx, found, post) if is_given else duties.delete_duty(tx, found, post))
            return await read_member(tx, found)

    me = run_with_database(run, data)
    if as_json:
        _print(me)
    else:
        what = kind if where is None else f"{kind} {where}"
        click.echo(f"{me.handle} is {'now' if is_given else 'no longer'} {what}")


def _scope(kind: DutyKind, where: str | None) -> str | int | None:
    if kind == "administrator":
        if where is not None:
            raise click.UsageError("administrator takes no sector or gathering")
        return None
    if where is None:
        raise click.UsageError("moderator needs the slug of a sector, host the id of a gathering")
    if kind == "host":
        if not where.isascii() or not where.isdigit() or len(where) > 18:
            raise click.UsageError("host needs the id of a gathering, a number")
        return int(where)
    return where


def _account(*, handle: str, email: str, password: str | None, display_name: str | None) -> NewAccount:
    given = {
        "handle": handle,
        "email": email,
        "password": password or token_urlsafe(32),
        "display_name": display_name,
    }
    try:
        account = msgspec.convert(given, NewAccount)
        ensure_input_visible(account)
    except (msgspec.ValidationError, NothingVisible) as error:
        raise click.UsageError(str(error)) from error
    return account


def _print(me: Me) -> None:
    click.echo(msgspec.json.encode(me).decode())
