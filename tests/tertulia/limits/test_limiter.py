"""The counters of rate limits: bursts, rates, several limits at once, charges, and a Redis that is frozen or away."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from tertulia.limits.limiter import LONGEST_WAIT, Limiter, Use, address_key
from tertulia.limits.table import Limit
from tests.support.programs import Redis, redis_url

SMALL = Limit(burst=3, count=1, seconds=2)
LARGE = Limit(burst=50, count=60, seconds=60)
_numbers = count(1)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    """A Redis server of this module alone."""
    running = redis_url()
    yield running
    running.close()


@pytest.fixture(params=["memory", "redis", "silent redis"])
def limiter(request: pytest.FixtureRequest, server: Redis) -> Limiter:
    """A limiter that counts in this process, in Redis, or in this process because Redis is away."""
    redis = {"redis": server.url, "silent redis": "unix:///nowhere/at/all"}.get(request.param)
    return Limiter(Client.from_url(redis) if redis else None)


def one(limit: Limit = SMALL, number: int = 1) -> Use:
    """Return a use of a limit by somebody new."""
    return Use("test", f"member:{next(_numbers)}", limit, number)


async def test_a_burst_is_allowed_and_then_nothing(limiter: Limiter) -> None:
    use = one()
    for _ in range(3):
        assert await limiter.count([use]) is None
    refused = await limiter.count([use])
    assert refused is not None
    assert refused.use == use
    assert 0 < refused.wait <= 2
    assert await limiter.count([one()]) is None


async def test_a_use_that_costs_more_takes_more(limiter: Limiter) -> None:
    use = one()
    costly = Use(use.action, use.who, use.limit, 2)
    assert await limiter.count([costly]) is None
    assert await limiter.count([costly]) is not None
    assert await limiter.count([use]) is None


async def test_a_request_counts_for_all_its_limits_or_for_none(limiter: Limiter) -> None:
    small, large = one(), one(LARGE, 10)
    for _ in range(3):
        assert await limiter.count([large, small]) is None
    for _ in range(9):
        refused = await limiter.count([large, small])
        assert refused is not None
        assert refused.use == small
    # The refused ones took nothing of the large limit: two more fit in.
    assert [await limiter.count([large]) for _ in range(2)] == [None, None]
    assert await limiter.count([large]) is not None


async def test_a_charge_counts_beyond_the_limit_but_for_an_hour_at_most(limiter: Limiter) -> None:
    use = one()
    await limiter.charge([Use(use.action, use.who, use.limit, 10)])
    refused = await limiter.count([use])
    assert refused is not None
    assert 14 < refused.wait <= 16
    for _ in range(3):
        await limiter.charge([Use(use.action, use.who, use.limit, 1_000)])
    refused = await limiter.count([use])
    assert refused is not None
    assert LONGEST_WAIT - 8 < refused.wait <= LONGEST_WAIT + SMALL.spacing


async def test_concurrent_requests_are_counted_exactly(limiter: Limiter) -> None:
    use = one(Limit(burst=3, count=1, seconds=3_600))
    results = await asyncio.gather(*(limiter.count([use]) for _ in range(50)))
    assert results.count(None) == 3


async def test_uses_come_back_one_by_one() -> None:
    clock = Clock()
    limiter, use = Limiter(None, clock), one()
    assert [await limiter.count([use]) is None for _ in range(4)] == [True, True, True, False]
    clock.seconds += 2
    assert [await limiter.count([use]) is None for _ in range(2)] == [True, False]
    clock.seconds += 60
    assert [await limiter.count([use]) is None for _ in range(4)] == [True, True, True, False]


async def test_expired_counters_are_deleted() -> None:
    clock = Clock()
    limiter = Limiter(None, clock)
    for _ in range(20_000):
        await limiter.count([one()])
    clock.seconds += 100
    await limiter.count([one()])
    assert len(limiter.due) == 1


async def test_two_processes_count_together(server: Redis) -> None:
    one_process, other = (Limiter(Client.from_url(server.url)) for _ in range(2))
    use = one(Limit(burst=4, count=1, seconds=3_600))
    results = [await each.count([use]) is None for _ in range(3) for each in (one_process, other)]
    assert results == [True] * 4 + [False] * 2


async def test_a_frozen_redis_costs_one_slow_request(server: Redis) -> None:
    client = Client.from_url(server.url, socket_timeout=0.2, retry=None)
    limiter, asked, use = Limiter(client), [], one(LARGE)
    script = limiter.script

    async def ask(**given: Any) -> Any:
        asked.append(given)
        return await script(**given)

    limiter.script = ask
    await limiter.count([use])
    assert len(asked) == 1
    server.pause()
    for _ in range(5):
        await limiter.count([use])
    assert len(asked) == 2

    # It is asked again in the background, which no request waits for.
    limiter.probe_at = 0
    await limiter.count([use])
    assert limiter.probe is not None
    await limiter.probe
    assert len(asked) == 2

    server.resume()
    limiter.probe_at = 0
    await limiter.count([use])
    await limiter.probe
    await limiter.count([use])
    assert len(asked) == 3
    await client.aclose()


def test_ipv6_networks_share_a_limit() -> None:
    assert address_key("2001:db8:1:2:3:4:5:6") == address_key("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1") == "192.0.2.1"
    assert address_key("") == ""
