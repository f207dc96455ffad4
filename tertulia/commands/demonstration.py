"""The command `tertulia demo`: a community of invented people, to walk through."""

import logging
import os
import sys
from pathlib import Path

import click

from tertulia.demonstration.attendees import attend
from tertulia.demonstration.community import make_demonstration, settings_of_demonstration
from tertulia.doctor.setting_checks import find_file_fault
from tertulia.http.look_around import LOOK_AROUND
from tertulia.logs import set_up_logs
from tertulia.serve import serve
from tertulia.settings import HELP, BadSettings, read_settings
from tertulia.supervision import Supervisor

FOLDER = Path("demo-data")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=FOLDER, show_default=True, help=HELP["data"])
@click.option("--host", help=HELP["host"])
@click.option("--port", type=click.IntRange(0, 65_535), help=HELP["port"])
def demo(data: Path, host: str | None, port: int | None) -> None:
    """Serve a demonstration: invented people with discussions, a stock-take, a past webinar, cases of moderation, and a live
    room in which they ask and vote while you watch."""
    settings = settings_of_demonstration(read_settings(os.environ, data=data, host=host, port=port))
    if fault := find_file_fault(settings):
        raise BadSettings(fault)
    # One line for each request of an attendee would be many.
    set_up_logs(settings.log, logging.WARNING)
    if make_demonstration(settings, _say):
        print(file=sys.stderr)
    handles = ", ".join(handle for handle, _ in LOOK_AROUND.people)
    print(f'A demonstration. Sign in as {handles}; the password of everybody is "{LOOK_AROUND.password}".')
    serve(settings, Supervisor(os.environ), beside=attend)


def _say(done: int, steps: int) -> None:
    percent = 100 * done // steps
    print(f"\rTelling what invented people have said: {percent} %", end="", file=sys.stderr, flush=True)
