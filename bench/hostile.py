"""Hostile input of every kind, one kind after the other, while `/health` is called every 5 ms: does anybody else wait?

Nothing may hold the event loop for more than 50 ms; beside each kind stands how long its slowest request took. The kinds are
in `bench/harness/hostile_kinds.py`.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.health import Health, watched
from bench.harness.hostile_kinds import KINDS, Request, World
from bench.harness.service import Service, community, service

# How many hostile requests are under way at the same time.
AT_ONCE = 4
MOST_MS = 50


def main() -> int:
    """Send each kind and print how long `/health` took meanwhile."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("kinds", nargs="*", help=f"some of: {', '.join(KINDS)}")
    chosen = options.parse_args().kinds or list(KINDS)
    heading("How long /health takes beside hostile input")
    with server() as postgres, service(postgres) as one:
        return conclude("hostile", asyncio.run(_measure(one, chosen)))


async def _measure(one: Service, chosen: Sequence[str]) -> list[Figure]:
    figures = []
    async with community(one) as made:
        people = await made.people(2)
        (topic,) = await made.topics(people, 1, 1)
        slug = (await made.call("GET", "/sectors"))["items"][0]["slug"]
        plan = {"title": "Schemes", "template": None, "form": _FORM, "opens_at": "2020-01-01T00:00:00Z"}
        board = await made.call("POST", f"/sectors/{slug}/boards", people[0].token, plan)
        world = World(one, made, people, topic, board["id"])
        await _warm_up(world)
        for name in chosen:
            with watched(one.port) as health:
                requests = await KINDS[name](world)
                slowest, statuses = await _send_all(requests)
                await asyncio.sleep(1)  # the worker goes on with what was written
            print(
                f"  {name:20} {_line(health)}  {len(requests):4} requests, slowest {slowest:6.2f} s  {statuses}",
                flush=True,
            )
            figures.append(Figure(f"/health beside {name}: worst", health.worst, MOST_MS, "ms", at_most=True))
            figures.append(
                Figure(
                    f"answers that failed beside {name}", health.failed + statuses.get(5, 0), 0, at_most=True
                )
            )
    return figures


_FORM = {
    "fields": [
        {
            "key": name,
            "label": name,
            "type": "text" if name == "name" else "long_text",
            "required": name == "name",
        }
        for name in ("name", "about", "more")
    ]
    + [
        {"key": name, "label": name, "type": kind}
        for name, kind in (("amount", "number"), ("since", "date"), ("country", "country"))
    ]
}


async def _warm_up(world: World) -> None:
    # Templates are compiled and models are loaded when they are first used.
    post = await world.call("POST", f"/topics/{world.topic}/posts", {"body": "Before."})
    await world.call("PATCH", f"/posts/{post['id']}", {"body": "After."})
    for path in (f"/t/{world.topic}", "/drafts", f"/p/{post['id']}/history", "/search?q=before", "/"):
        await world.send("GET", path)
    await asyncio.sleep(2)


async def _send_all(requests: Sequence[Request]) -> tuple[float, dict[int, int]]:
    limit = asyncio.Semaphore(AT_ONCE)
    statuses: dict[int, int] = {}

    async def one(request: Request) -> float:
        async with limit:
            began = time.perf_counter()
            answer = await request()
            if answer is not None:
                kind = answer.status_code // 100
                statuses[kind] = statuses.get(kind, 0) + 1
            return time.perf_counter() - began

    return max(await asyncio.gather(*map(one, requests)), default=0.0), statuses


def _line(health: Health) -> str:
    return (
        f"{len(health.milliseconds):6,} calls  median {health.percentile(0.5):6.2f}  "
        f"99 % {health.percentile(0.99):6.2f}  worst {health.worst:7.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
