"""The command `tertulia mail`: whether e-mails leave this service, what waits and what failed."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from core.errors import NotFound
from forum.notifications.digests import discard_due_emails
from members.emails.emails import Recipient
from members.emails.outbox_state import (
    EmailState,
    OutboxState,
    discard_emails,
    list_emails,
    read_outbox_state,
    retry_emails,
)
from storage.database import Database
from storage.follow_ups import discard_events
from storage.switches import MAIL_HELD, switch_off
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database
from tertulia.commands.switches import describe_switch, set_switch
from tertulia.event_handlers import MAIL_TAGS
from tertulia.logs import set_up_logs
from tertulia.mail.faults import MailFailed
from tertulia.mail.transport import make_mailer
from tertulia.settings import Settings, read_settings

DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
_TEXT = (
    "This e-mail was sent with `tertulia mail test`. Whoever can read it can receive e-mails of this service."
)


@click.group("mail", cls=Group)
def mail_group() -> None:
    """E-mails that leave: whether they do, what waits, and holding them, for example after a restore."""


@mail_group.command()
@click.argument("address")
@DATA
def test(address: str, data: Path | None) -> None:
    """Send an e-mail to ADDRESS with the settings of the service, and say what the server answered."""
    settings = read_settings(os.environ, data=data)
    set_up_logs(settings.log)
    try:
        asyncio.run(_send(settings, address))
    except MailFailed as error:
        raise click.ClickException(error.answer) from error
    if settings.smtp_url:
        click.echo("The mail server has taken the e-mail.")
    else:
        click.echo(f"No SMTP server is set: the e-mail is in {settings.data / 'mail'}.")


async def _send(settings: Settings, address: str) -> None:
    mailer = make_mailer(settings)
    try:
        await mailer.send(mailer.sender.compose_text(Recipient(email=address), "Test", _TEXT))
    finally:
        await mailer.close()


@mail_group.command("hold")
@DATA
def hold_mail(data: Path | None) -> None:
    """Send no e-mails until they are released; they wait."""
    set_switch(MAIL_HELD, True, "", data)
    click.echo("No e-mails are sent. Release them with `tertulia mail release`.")


@mail_group.command("release")
@click.option("--discard", is_flag=True, help="never send what waits now, only what comes")
@DATA
def release_mail(discard: bool, data: Path | None) -> None:
    """Send e-mails again, and those that waited, unless they are discarded."""

    async def run(db: Database) -> int:
        async with db.begin() as tx:
            dropped = 0
            if discard:
                # Also what the worker has not looked at yet, for example after a restore.
                dropped = await discard_events(tx, MAIL_TAGS) + await discard_due_emails(tx)
                dropped += await discard_emails(tx)
            await switch_off(tx, MAIL_HELD)
        return dropped

    dropped = run_with_database(run, data)
    click.echo("E-mails are sent again." + (f" {dropped} that waited are discarded." if discard else ""))


@mail_group.command("status")
@DATA
def show_mail(data: Path | None) -> None:
    """Say whether e-mails are held, how many wait, since when and why, and how many failed."""
    settings = read_settings(os.environ, data=data)
    sent = f"E-mails are sent through {urlsplit(settings.smtp_url).hostname}."
    if not settings.smtp_url:
        sent = f"No mail server is set: e-mails are written to {settings.data / 'mail'}."

    async def run(db: Database) -> tuple[OutboxState, Sequence[EmailState]]:
        async with db.read() as tx:
            return await read_outbox_state(tx), await list_emails(tx, is_failed=False, count=1)

    click.echo(describe_switch(MAIL_HELD, "E-mails are held", sent, data))
    state, listed = run_with_database(run, data)
    oldest = f", the oldest since {state.oldest:%Y-%m-%d %H:%M} UTC" if state.oldest else ""
    reason = f" One was tried in vain: {listed[0].error}." if state.waiting and listed[0].error else ""
    click.echo(f"{state.waiting} wait{oldest}.{reason}")
    click.echo(f"In the last two weeks {state.failed} were refused and {state.given_up} were given up.")


@mail_group.command("list")
@click.option("--failed", "is_failed", is_flag=True, help="only those that were refused or given up")
@click.option(
    "--count", type=click.IntRange(1, 10_000), default=100, show_default=True, help="the most to list"
)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object per line")
@DATA
def list_mail(is_failed: bool, count: int, as_json: bool, data: Path | None) -> None:
    """List the e-mails that wait and those that failed: id, state, kind, recipient and the last error."""

    async def run(db: Database) -> Sequence[EmailState]:
        async with db.read() as tx:
            return await list_emails(tx, is_failed=is_failed, count=count)

    for email in run_with_database(run, data):
        click.echo(msgspec.json.encode(email).decode() if as_json else email.line)


@mail_group.command("retry")
@click.argument("ids", nargs=-1, type=click.IntRange(1, 2**63 - 1))
@click.option("--all", "is_all", is_flag=True, help="all that wait or failed")
@DATA
def retry_mail(ids: tuple[int, ...], is_all: bool, data: Path | None) -> None:
    """Try the e-mails with these IDS again now. What was sent is never sent again."""
    if bool(ids) == is_all:
        raise click.UsageError("name the ids of e-mails, or --all for all that wait or failed")

    async def run(db: Database) -> int:
        async with db.begin() as tx:
            return await retry_emails(tx, None if is_all else ids)

    count = run_with_database(run, data)
    click.echo(f"{count} {'e-mail is' if count == 1 else 'e-mails are'} tried again.")
    if ids and count < len(set(ids)):
        raise NotFound
