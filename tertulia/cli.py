"""The command line `tertulia`: its commands, and its exit status (1 for errors and refusals, 2 for wrong usage)."""

import sys
from importlib import import_module

import click

from core.errors import Refusal
from personal_data.erasure_list import BadErasureList
from storage.backups.shapes import BackupFailed
from storage.embedded.install import CannotStart
from storage.failures import DATABASE_ERRORS
from storage.schema import MigrationFailed
from tertulia.background import TaskDied
from tertulia.command_groups import Group
from tertulia.settings import BadSettings

# The modules of the commands, imported when they are called: importing all of them would take seconds.
_LAZY_COMMANDS = {
    "audit": "tertulia.commands.audit:audit",
    "backup": "tertulia.commands.backups:backup",
    "config": "tertulia.commands.checks:config",
    "demo": "tertulia.commands.demonstration:demo",
    "doctor": "tertulia.commands.checks:doctor",
    "duty": "tertulia.commands.members:duty",
    "import": "tertulia.commands.archives:import_group",
    "follow-ups": "tertulia.commands.operations:follow_ups",
    "jobs": "tertulia.commands.jobs:jobs",
    "mail": "tertulia.commands.mail:mail_group",
    "maintenance": "tertulia.commands.operations:maintenance",
    "member": "tertulia.commands.members:member",
    "move": "tertulia.commands.backups:move",
    "restore": "tertulia.commands.backups:restore",
    "migrate": "tertulia.commands.service:migrate",
    "search": "tertulia.commands.search:search_group",
    "serve": "tertulia.commands.serving:serve",
    "tail": "tertulia.commands.service:tail",
    "worker": "tertulia.commands.service:work",
}


class Commands(Group):
    """The group of all commands, which are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(_LAZY_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in _LAZY_COMMANDS:
            return None
        module, _, name = _LAZY_COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tertulia", message="Tertulia %(version)s")
def cli() -> None:
    """Tertulia: a forum for a community of practice, with live rooms."""


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
    except (BackupFailed, BadErasureList, BadSettings, CannotStart, MigrationFailed) as error:
        sys.exit(_fail(str(error)))
    except TaskDied:
        sys.exit(1)  # the log says why
    except DATABASE_ERRORS as error:
        sys.exit(_fail(_describe(error)))


def _describe(error: Exception) -> str:
    """Return what failed: a file, the connection to the database, or what the database says."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {reason}."
    if isinstance(error, OSError):
        return f"The database cannot be reached: {reason}. Start it, or correct DATABASE_URL."
    return f"The database refuses: {reason}"


def _fail(message: str) -> int:
    click.echo(f"tertulia: {message}", err=True)
    return 1
