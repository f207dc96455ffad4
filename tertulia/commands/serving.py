"""The command `tertulia serve`: the pages, the API and the live socket."""

import os
import socket
from pathlib import Path

import click

from tertulia.doctor.setting_checks import find_file_fault
from tertulia.logs import set_up_logs
from tertulia.serve import serve as run_service
from tertulia.settings import HELP, BadSettings, read_settings, variable
from tertulia.supervision import Supervisor


@click.command(
    epilog="\b\nEnvironment (each also as NAME_FILE, a file with the value):\n"
    + "\n".join(f"  {variable(n)}: {t}" for n, t in HELP.items())
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
    if fault := find_file_fault(settings):
        raise BadSettings(fault)
    set_up_logs(settings.log)
    inherited = None if listener is None else socket.socket(fileno=listener)
    run_service(settings, Supervisor(os.environ), inherited)
