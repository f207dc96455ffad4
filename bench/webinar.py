"""A webinar: one room where everybody listens, asks and votes; at the end each client's view is compared with a fresh read.

The conference in small, on one process and without faults. With `--base` it goes to a service that runs already, as in a
demonstration with a browser open on the room; then it must be told the data folder or the database of that service.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from bench.conference import OPEN, Venue, hold
from bench.harness.database import Database, server
from bench.harness.figures import conclude, heading
from bench.harness.service import service
from bench.people.script import Scale
from bench.people.wire import run
from storage.embedded import postgres


def main() -> int:
    """Hold the webinar and print what it showed."""
    chosen = _options()
    heading(f"A webinar of {chosen.attendees} for {chosen.seconds:g} s")
    scale = Scale(
        seconds=chosen.seconds,
        sizes=[chosen.attendees],
        asks=chosen.asks,
        votes=chosen.votes,
        moves=chosen.asks / 5,
        away=0.02,
    )
    if chosen.base:
        running = None if chosen.database else postgres.find_urls(chosen.data)
        url = chosen.database or (running and running[1]) or sys.exit("Say where its database is.")
        place = Venue(Database(url), [httpx2.URL(base).port or 80 for base in chosen.base])
        figures = run(hold(place, scale, chosen.room))
    else:
        with _started() as place:
            figures = run(hold(place, scale))
    return conclude("webinar", figures)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--attendees", type=int, default=200)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--asks", type=float, default=5, help="questions a second, all together")
    options.add_argument("--votes", type=float, default=50, help="votes a second, all together")
    options.add_argument("--base", action="append", help="a service that runs already; may be given twice")
    options.add_argument("--data", type=Path, default=Path("data"), help="its data folder")
    options.add_argument("--database", help="its DATABASE_URL, if it has one")
    options.add_argument("--room", type=int, help="a room that is open already, else one is made")
    return options.parse_args()


@contextmanager
def _started() -> Iterator[Venue]:
    with server() as postgres, service(postgres, OPEN) as one:
        yield Venue(one.database, [one.port])


if __name__ == "__main__":
    sys.exit(main())
