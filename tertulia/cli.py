"""The command line `tertulia`: its commands, and its exit status (1 for errors and refusals, 2 for wrong usage)."""

import os
import socket
import sys
from importlib import import_module
from pathlib import Path

import click

from core.errors import Refusal
from storage.backups.shapes import BackupFailed
from storage.embedded.install import CannotStart
from storage.failures import DATABASE_ERRORS
from storage.schema import MigrationFailed
from tertulia.background import TaskDied
from tertulia.doctor.setting_checks import find_community_fault
from tertulia.logs import set_up_logs
from tertulia.serve import serve as run_service
from tertulia.settings import HELP, BadSettings, read_settings, variable

# The modules of the other commands, imported when they are called, so that `serve` does not wait for their imports.
_LAZY_COMMANDS = {
    "audit": "tertulia.commands.audit:audit",
    "backup": "tertulia.commands.backups:backup",
    "config": "tertulia.commands.checks:config",
    "doctor": "tertulia.commands.checks:doctor",
    "duty": "tertulia.commands.members:duty",
    "import": "tertulia.commands.archives:import_group",
    "follow-ups": "tertulia.commands.operations:follow_ups",
    "jobs": "tertulia.commands.jobs:jobs",
    "mail": "tertulia.commands.operations:mail_group",
    "maintenance": "tertulia.commands.operations:maintenance",
    "member": "tertulia.commands.members:member",
    "move": "tertulia.commands.backups:move",
    "restore": "tertulia.commands.backups:restore",
    "migrate": "tertulia.commands.service:migrate",
    "search": "tertulia.commands.search:search_group",
    "tail": "tertulia.commands.service:tail",
    "worker": "tertulia.commands.service:work",
}


class Commands(click.Group):
    """The group of all commands, most of which are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*self.commands, *_LAZY_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in _LAZY_COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = _LAZY_COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tertulia", message="Tertulia %(version)s")
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
    """Serve the pages, the API and the live socket; without DATABASE_URL, also run the database."""
    settings = read_settings(os.environ, data=data, host=host, port=port, workers=workers)
    if fault := find_community_fault(settings):
        raise BadSettings(fault)
    set_up_logs(settings.log)
    inherited = None if listener is None else socket.socket(fileno=listener)
    run_service(settings, inherited)


def main() -> None:
    """Run a command; an error is printed as one line and sets the exit status."""
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
    except (BackupFailed, BadSettings, CannotStart, MigrationFailed) as error:
        sys.exit(_fail(str(error)))
    except TaskDied:
        sys.exit(1)  # the log says why
    except DATABASE_ERRORS as error:
        reason = getattr(error, "strerror", None) or str(error)
        sys.exit(_fail(reason or type(error).__name__))


def _fail(message: str) -> int:
    click.echo(f"tertulia: {message}", err=True)
    return 1
