"""Call every route with generated values as every role, and send generated frames: none causes an error of the service.

python -m bench.abuse                          100,000 calls and 200,000 frames
python -m bench.abuse --calls 5000 --frames 0 --seed 3
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.abuse.calls import Outcome, call_everything
from bench.abuse.frames import CODES, send_frames
from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.service import Service, community, service
from bench.people.wire import open_socket

ROLES = ("administrator", "moderator", "host", "member", "newcomer", "visitor")
SETTINGS = {
    "TERTULIA_SOCKETS_PER_ADDRESS": "100000",
    "TERTULIA_SOCKETS_PER_MEMBER": "100000",
    "TERTULIA_LOG": "json",
}


def main() -> int:
    """Send the calls and frames, and print how they were answered."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--calls", type=int, default=100_000)
    options.add_argument("--frames", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=random.randrange(10_000))
    chosen = options.parse_args()
    random.seed(chosen.seed)
    heading(f"{chosen.calls:,} calls and {chosen.frames:,} frames, seed {chosen.seed}")
    with tempfile.TemporaryDirectory() as folder, server() as postgres:
        log = Path(folder, "log")
        os.environ["BENCH_LOG"] = str(log)
        with service(postgres, SETTINGS) as running:
            figures = asyncio.run(_attack(running, chosen))
        lines = log.read_text().splitlines()
    errors = [line for line in lines if '"level":"error"' in line or '"level":"critical"' in line]
    for line in errors[:5]:
        print(f"  log: {line[:600]}")
    return conclude("abuse", [*figures, Figure("errors in the log", len(errors), 0, at_most=True)])


async def _attack(running: Service, chosen: argparse.Namespace) -> list[Figure]:
    tokens, known = await _prepare(running)
    figures: list[Figure] = []
    if chosen.calls:
        outcome = await call_everything(running.base, tokens, known, chosen.calls)
        figures += _tell_calls(outcome)
    if chosen.frames:
        channels = [f"{kind}:{id}" for kind in ("topic", "room", "member", "sector") for id in (1, 2, 3)]
        heard: list[bytes] = []
        witness = await open_socket(running.port, tokens["member"], lambda frame, _: heard.append(frame))
        ended = await send_frames(running.port, list(tokens.values()), channels, chosen.frames)
        witness.send({"type": "ping"})
        await asyncio.sleep(1)
        print(f"  sockets ended with {dict(ended)}")
        wrong = sum(count for code, count in ended.items() if code is not None and code not in CODES)
        figures.append(Figure("sockets ended with another code", wrong, 0, at_most=True))
        figures.append(Figure("a socket of somebody else still answers", b'{"type":"pong"}' in heard, 1))
    return figures


def _tell_calls(outcome: Outcome) -> list[Figure]:
    print(f"  {len(outcome.called)} operations; statuses {dict(sorted(outcome.statuses.items()))}")
    for failure in outcome.failures[:10]:
        print(f"  {failure}")
    return [
        Figure("server errors", len(outcome.failures), 0, at_most=True),
        Figure("calls", outcome.statuses.total(), 1),
    ]


async def _prepare(running: Service) -> tuple[dict[str, str], dict[str, Sequence[Any]]]:
    """Make a person of each role and things of each kind; return the tokens by role, and ids and names by parameter."""
    async with community(running) as made:
        people = await made.people(len(ROLES) - 1)
        topics = await made.topics(people, 3, 5)
        room = await made.room(people[0], ("questions", "board", "polls"))
        await made.make_hosts(room, [people[2].handle])
        questions = [
            (await made.call("POST", f"/rooms/{room}/questions", one.token, {"body": "Why?"}))["id"]
            for one in people
        ]
    await running.database.run(
        "INSERT INTO duties (member_id, duty, sector_id, granted_at) "
        "SELECT m.id, 'moderator', s.id, now() FROM members m, sectors s WHERE m.handle = $1",
        people[1].handle,
    )
    tokens = {role: person.token for role, person in zip(ROLES, people, strict=False)} | {"visitor": ""}
    slugs = [row["slug"] for row in await running.database.run("SELECT slug FROM sectors")]
    known: dict[str, Sequence[Any]] = {
        "topic_id": topics,
        "post_id": list(range(1, 20)),
        "room_id": [room],
        "question_id": questions,
        "gathering_id": [1],
        "slug": slugs,
        "sector": slugs,
        "handle": [person.handle for person in people],
        "board_id": [1, 2],
        "entry_id": [1, 2],
        "column": [1, 2, 3],
        "column_id": [1, 2, 3],
    }
    return tokens, known


if __name__ == "__main__":
    sys.exit(main())
