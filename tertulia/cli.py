"""`tertulia` on the command line: every command, and how it fails (exit status 1 for refusals, 2 for wrong use)."""

import os
import socket
import sys
from pathlib import Path

import click

from core.errors import Refusal
from storage.lodging import CannotStart
from storage.schema import MigrationFailed
from tertulia.commands.importing import import_group
from tertulia.commands.members import duty, member
from tertulia.commands.service import migrate, tail, work
from tertulia.logs import set_up_logs
from tertulia.serving import serve as serve_house
from tertulia.settings import HELP, BadSettings, read_settings, variable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Tertulia: a forum for a community of practice, with live rooms."""


@cli.command(
    epilog="\n\n".join(["\b\nEnvironment:\n" + "\n".join(f"  {variable(n)}: {t}" for n, t in HELP.items())])
)
@click.option("--data", type=click.Path(path_type=Path), help=HELP["data"])
@click.option("--host", help=HELP["host"])
@click.option("--port", type=click.IntRange(0, 65_535), help=HELP["port"])
@click.option("--workers", type=click.IntRange(1, 64), help=HELP["workers"])
@click.option("--listener", type=int, hidden=True)
def serve(
    data: Path | None, host: str | None, port: int | None, workers: int | None, listener: int | None
) -> None:
    """Serve pages, API and live rooms; with no DATABASE_URL also the database."""
    settings = read_settings(os.environ, data=data, host=host, port=port, workers=workers)
    set_up_logs(settings.log)
    inherited = None if listener is None else socket.socket(fileno=listener)
    serve_house(settings, inherited)


cli.add_command(work)
cli.add_command(migrate)
cli.add_command(import_group)
cli.add_command(member)
cli.add_command(duty)
cli.add_command(tail)


def main() -> None:
    """Run a command; what goes wrong is one plain line and a status."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as ending:
        sys.exit(ending.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Refusal as refusal:
        sys.exit(_fail(f"{refusal.detail} ({refusal.code})"))
    except (BadSettings, CannotStart, MigrationFailed) as error:
        sys.exit(_fail(str(error)))
    except OSError as error:
        sys.exit(_fail(error.strerror or str(error)))


def _fail(message: str) -> int:
    click.echo(f"tertulia: {message}", err=True)
    return 1
