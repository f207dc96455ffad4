"""The command `tertulia mail`: whether e-mails leave this service."""

import asyncio
import os
from email.errors import MessageError
from pathlib import Path

import click

from members.emails.emails import Recipient
from tertulia.logs import set_up_logs
from tertulia.mail_transport import MailFailed, make_mailer
from tertulia.settings import Settings, read_settings

DATA = click.option("--data", type=click.Path(path_type=Path), help="the data folder")
_TEXT = (
    "This e-mail was sent with `tertulia mail test`. Whoever can read it can receive e-mails of this service."
)


@click.group("mail")
def mail_group() -> None:
    """E-mails that leave: whether they do, and holding them, for example after a restore."""


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
    except (MessageError, OSError, ValueError) as error:
        raise click.ClickException(f"the e-mail could not be written: {error}") from error
    if settings.smtp_url:
        click.echo("The mail server has taken the e-mail.")
    else:
        click.echo(f"No SMTP server is set: the e-mail is in {settings.data / 'mail'}.")


async def _send(settings: Settings, address: str) -> None:
    mailer = make_mailer(settings)
    await mailer.send(mailer.sender.compose_text(Recipient(email=address), "Test", _TEXT))
