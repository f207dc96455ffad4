"""Rate limits while Redis is frozen: one request waits for it, and no other."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from tertulia.http.rate_limits import Limiter
from tests.support.programs import Redis, redis_url


@pytest.fixture
def server() -> Iterator[Redis]:
    """A Redis server of this test alone."""
    running = redis_url()
    yield running
    running.close()


async def test_a_frozen_redis_costs_one_slow_request(server: Redis) -> None:
    client = Client.from_url(server.url, socket_timeout=0.2, retry=None)
    limiter, asked = Limiter(client), []
    script = limiter.script

    async def ask(**given: Any) -> Any:
        asked.append(given)
        return await script(**given)

    limiter.script = ask
    await limiter.count("write", "anna")
    assert len(asked) == 1
    server.pause()
    for _ in range(5):
        await limiter.count("write", "anna")
    assert len(asked) == 2

    # It is asked again in the background, which no request waits for.
    limiter.probe_at = 0
    await limiter.count("write", "anna")
    assert limiter.probe is not None
    await limiter.probe
    assert len(asked) == 2

    server.resume()
    limiter.probe_at = 0
    await limiter.count("write", "anna")
    await limiter.probe
    await limiter.count("write", "anna")
    assert len(asked) == 3
    await client.aclose()
