"""The database's part of a reply: CPU time of client and server for all the verb does, beside the bare statement.

Run inside this process, on the event loop that the service uses, bound to the server's core; the database is on the
other. 64 writers at once, each on a topic of its own, as over HTTP; what rendering the text costs is measured apart and
taken off. Then all on one topic, for the longest wait.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time

import asyncpg
from msgspec import Struct

from bench.harness.database import Database as Address
from bench.harness.database import Server
from bench.harness.figures import Figure, median
from bench.harness.processes import SERVER_CORE
from bench.harness.texts import a_reply
from core.actor import Actor
from core.ids import MemberId, TopicId
from forum.shapes import NewReply
from forum.text.markdown import render
from forum.writing.replies import Replies
from storage.database import connect
from storage.idempotency import IdempotentRequest

WRITERS = 64
EACH = 40
ROUNDS = 5

_TEXTS = [a_reply(n) for n in range(WRITERS)]
_HTML = [render(text).html for text in _TEXTS]

Write = Callable[[int, int], Awaitable[object]]

# What a reply cannot do without: the topic's numbers, the post, the head of its channel, the entry in the log.
_BARE = """
WITH topic AS (
    UPDATE topics SET last_number = last_number + 1, post_count = post_count + 1, roots = roots + 1,
        last_activity_at = $4, version = version + 1
    WHERE id = $1 RETURNING id, last_number, roots
), post AS (
    INSERT INTO posts (topic_id, number, path, depth, author_id, body, html, posted_at)
    SELECT id, last_number, path_segment(roots - 1), 0, $2, $3, $5, $4 FROM topic RETURNING id, number
), head AS (
    INSERT INTO channels (name, seq) VALUES ('topic:' || $1::bigint, 1)
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + 1 RETURNING name, seq
), logged AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT head.name, head.seq, $4, jsonb_build_object(
        'type', 'reply_posted', 'topic_id', $1::bigint, 'post_id', post.id, 'number', post.number)
    FROM head, post
) SELECT post.id, post.number, head.seq FROM post, head
"""


class Cost(Struct, frozen=True):
    """What one reply costs, in microseconds of CPU."""

    client: float
    server: float

    @property
    def both(self) -> float:
        """Client and server together."""
        return self.client + self.server


async def figures(server: Server, address: Address, topics: list[int]) -> list[Figure]:
    """Measure both in turns and compare the medians."""
    os.sched_setaffinity(0, {SERVER_CORE})
    db = await connect(address.url)
    pool = await asyncpg.create_pool(address.url, min_size=20, max_size=20)
    author = await pool.fetchval("SELECT min(id) FROM members")
    replies = Replies(db)
    now = await pool.fetchval("SELECT now()")

    async def bare(topic: int, n: int) -> None:
        await pool.fetchrow(_BARE, topic, author, _TEXTS[n % WRITERS], now, _HTML[n % WRITERS])

    async def verb(topic: int, n: int) -> None:
        actor = Actor(id=MemberId(author), handle="writer0", display_name="Writer", is_verified=True)
        idempotent = IdempotentRequest(scope="bench", key=None, fingerprint=b"")
        await replies.post_reply(actor, TopicId(topic), NewReply(body=_TEXTS[n % WRITERS]), idempotent)

    try:
        await _crowd(verb, topics)  # so that all connections are open and know their types
        costs = [
            (await _cost(server, verb, topics), await _cost(server, bare, topics)) for _ in range(ROUNDS)
        ]
        waits = await _crowd(verb, topics[:1] * WRITERS)
    finally:
        await pool.close()
        await db.close()
    return _compare(costs, sorted(waits))


def _compare(costs: list[tuple[Cost, Cost]], waits: list[float]) -> list[Figure]:
    rendering = _rendering()
    verb = Cost(
        median(cost.client for cost, _ in costs) - rendering, median(cost.server for cost, _ in costs)
    )
    bare = Cost(median(cost.client for _, cost in costs), median(cost.server for _, cost in costs))
    print(
        f"  rendering {rendering:.0f} us; the verb besides: client {verb.client:.0f} us, server {verb.server:.0f} us"
    )
    print(f"  the bare statement: client {bare.client:.0f} us, server {bare.server:.0f} us")
    longest = waits[int(len(waits) * 0.99)] * 1000
    return [
        Figure(
            "CPU of the database part of a reply, times the bare statement",
            verb.both / bare.both,
            2,
            "x",
            at_most=True,
        ),
        Figure(
            f"{WRITERS} writers on one topic: p99 of the verb, rendering included",
            longest,
            100,
            "ms",
            at_most=True,
        ),
    ]


def _rendering() -> float:
    started = process_time()
    for n in range(500):
        render(_TEXTS[n % WRITERS])
    return (process_time() - started) / 500 * 1e6


async def _cost(server: Server, write: Write, topics: list[int]) -> Cost:
    client, busy = process_time(), _busy(server.pid)
    waits = await _crowd(write, topics)
    return Cost(*(spent / len(waits) * 1e6 for spent in (process_time() - client, _busy(server.pid) - busy)))


async def _crowd(write: Write, topics: list[int]) -> list[float]:
    """Every writer writes one reply after the other; how long each waited."""
    waits: list[float] = []

    async def one(writer: int, topic: int) -> None:
        for n in range(EACH):
            started = perf_counter()
            await write(topic, writer * EACH + n)
            waits.append(perf_counter() - started)

    await asyncio.gather(*(one(writer, topic) for writer, topic in enumerate(topics)))
    return waits


def _busy(postmaster: int) -> float:
    """Seconds of CPU of the database's processes that live at the moment."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in children) / 1e9
