"""Replies of 500 characters over HTTP: 64 writers on 64 topics, and all on one, beside the peer; then what is stored.

Every writer is a connection with a session of its own and one reply under way. Afterwards the numbers of all topics and
their logs are looked at: no gap, no twin, nothing acknowledged that is missing. The database's part is measured inside
one process, beside the bare statement (see reply_database.py).
"""

import argparse
import asyncio
import sys

import uvloop
from msgspec import Struct

from bench.harness import reply_database
from bench.harness.database import Database, Server, server
from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.load import Load, request, send
from bench.harness.peer import peer, token_of
from bench.harness.service import API, Person, Service, community, service
from bench.harness.texts import a_reply

WRITERS = 64

_PEER_WRONG = """
SELECT count(*) FROM topics t, LATERAL (
    SELECT count(*) AS n, coalesce(max(number), 0) AS last FROM posts WHERE topic_id = t.id
) p WHERE p.n <> p.last OR p.last <> t.last_number
"""
_OURS_WRONG = """
SELECT count(*) FROM topics t
LEFT JOIN channels c ON c.name = 'topic:' || t.id,
LATERAL (
    SELECT count(*) AS n, coalesce(max(number), 0) AS last, count(DISTINCT path) AS paths FROM posts WHERE topic_id = t.id
) p,
LATERAL (SELECT count(*) AS n, coalesce(max(seq), 0) AS last FROM log WHERE channel = 'topic:' || t.id) l
WHERE p.n <> p.last OR p.last <> t.last_number OR p.paths <> p.n OR l.n <> l.last OR l.last <> coalesce(c.seq, 0)
"""


class Side(Struct, frozen=True):
    """One of the two: where it listens, its database, and the requests of its writers."""

    port: int
    pid: int
    database: Database
    spread: list[bytes]
    hot: list[bytes]


def main() -> int:
    """Run the rounds, check what is stored, print the figures."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=3)
    chosen = options.parse_args()

    with (
        server() as database,
        service(database) as ours,
        peer(database, members=WRITERS, topics=WRITERS, posts=0) as other,
    ):
        heading(f"Replies of 500 characters, {WRITERS} writers")
        people, topics = asyncio.run(_fill(ours))
        sides = {
            "ours": _ours(ours, people, topics),
            "peer": _side(
                other.port,
                other.pid,
                other.database,
                "",
                range(1, WRITERS + 1),
                [token_of(n + 1) for n in range(WRITERS)],
            ),
        }
        results, figures = _rounds(database, sides, chosen.rounds, chosen.seconds)
        figures = _ratios(results) + figures
        figures += uvloop.run(reply_database.figures(database, ours.database, topics))
    return conclude("replies", figures)


async def _fill(ours: Service) -> tuple[list[Person], list[int]]:
    async with community(ours) as made:
        people = await made.people(WRITERS)
        return people, await made.topics(people, WRITERS, 1)


def _ours(ours: Service, people: list[Person], topics: list[int]) -> Side:
    return _side(ours.port, ours.pid, ours.database, API, topics, [person.token for person in people])


def _side(
    port: int, pid: int, database: Database, prefix: str, topics: "range | list[int]", tokens: list[str]
) -> Side:
    def asked(of: list[int]) -> list[bytes]:
        pairs = enumerate(zip(of, tokens, strict=True))
        return [
            request("POST", f"{prefix}/topics/{topic}/posts", token=token, body={"body": a_reply(n)})
            for n, (topic, token) in pairs
        ]

    return Side(port, pid, database, asked(list(topics)), asked([topics[0]] * len(tokens)))


def _rounds(
    database: Server, sides: dict[str, Side], rounds: int, seconds: float
) -> tuple[dict[str, list[Load]], list[Figure]]:
    results: dict[str, list[Load]] = {}
    acknowledged = dict.fromkeys(sides, 0)
    before = {name: asyncio.run(_posts(side.database)) for name, side in sides.items()}
    for _ in range(rounds):
        for where in ("spread", "hot"):
            for name, side in sides.items():
                load = send(
                    side.port,
                    getattr(side, where),
                    server=side.pid,
                    database=database.pid,
                    connections=WRITERS,
                    seconds=seconds,
                )
                print(f"  {name} {where:7}{load}", flush=True)
                results.setdefault(f"{name} {where}", []).append(load)
                acknowledged[name] += load.good_ever
    bad = sum(load.bad for name, loads in results.items() for load in loads if name.startswith("ours"))
    stored = asyncio.run(_posts(sides["ours"].database)) - before["ours"]
    wrong = asyncio.run(sides["ours"].database.run(_OURS_WRONG))[0][0]
    theirs = asyncio.run(sides["peer"].database.run(_PEER_WRONG))[0][0]
    print(
        f"  {acknowledged['ours']:,} replies acknowledged, {stored:,} stored; the peer's topics out of order: {theirs}"
    )
    return results, [
        Figure("replies refused or failed", bad, 0, at_most=True),
        Figure(
            "replies acknowledged but not stored, or stored but not acknowledged",
            abs(acknowledged["ours"] - stored),
            0,
            at_most=True,
        ),
        Figure("topics with a gap or a twin in their numbers, places or log", wrong, 0, at_most=True),
    ]


async def _posts(database: Database) -> int:
    return int((await database.run("SELECT count(*) FROM posts"))[0][0])


def _ratios(results: dict[str, list[Load]]) -> list[Figure]:
    per_s = {name: median(load.per_s for load in loads) for name, loads in results.items()}
    wanted = {"spread": (f"{WRITERS} topics", 5), "hot": ("one topic", 3)}
    return [
        Figure(
            f"replies, {WRITERS} writers on {where}: {per_s[f'ours {name}']:,.0f}/s, "
            f"times the peer's {per_s[f'peer {name}']:,.0f}/s",
            per_s[f"ours {name}"] / per_s[f"peer {name}"],
            least,
            "x",
        )
        for name, (where, least) in wanted.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
