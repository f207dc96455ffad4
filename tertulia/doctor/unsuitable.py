"""Servers that answer but do not fit: a connection pooler in front of PostgreSQL, Redis Sentinel, and Redis Cluster.

A server that does not answer is no finding here: the service waits for it, or works without it.
"""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from storage.connections import CONNECT_TIMEOUT, open_connection
from storage.failures import DATABASE_ERRORS
from tertulia.settings import Settings

_POOLER = (
    "{variable} leads to a connection pooler such as PgBouncer, which does not pass on the time limits of a connection; "
    "write the address of PostgreSQL itself: the service has a pool of its own (TERTULIA_POOL)."
)
_SENTINEL = "REDIS_URL leads to Redis Sentinel, which delivers nothing; write the address of Redis itself."
_CLUSTER = "REDIS_URL leads to Redis Cluster, which cannot count limits together; write the address of a single Redis."


async def find_unsuitable(settings: Settings) -> str | None:
    """Return one sentence about the first server of the settings that does not fit, or None."""
    async for fault in _faults(settings):
        return fault
    return None


async def _faults(settings: Settings) -> AsyncIterator[str]:
    for variable, url in (
        ("DATABASE_URL", settings.database_url),
        ("TERTULIA_OWNER_URL", settings.owner_url),
    ):
        if url and await leads_to_pooler(url):
            yield _POOLER.format(variable=variable)
    if settings.redis_url and (fault := await find_redis_fault(settings.redis_url)):
        yield fault


async def leads_to_pooler(url: str) -> bool:
    """Return whether a pooler answers at an address of a database: it refuses our settings, or it names another process
    at the beginning than the one that answers. False if nobody answers."""
    try:
        connection = await open_connection(url)
    except asyncpg.ProtocolViolationError:
        return True
    except DATABASE_ERRORS:
        return False
    try:
        pid: int = await connection.fetchval("SELECT pg_backend_pid()")
        return pid != connection.get_server_pid()
    except DATABASE_ERRORS:
        return False
    finally:
        connection.terminate()


async def find_redis_fault(url: str) -> str | None:
    """Return one sentence if the server at an address of Redis is no single server, or None."""
    redis = Redis.from_url(
        url, socket_timeout=CONNECT_TIMEOUT, socket_connect_timeout=CONNECT_TIMEOUT, retry=None
    )
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            facts = await redis.info("server")
    except (RedisError, OSError, TimeoutError):
        return None
    finally:
        await redis.aclose()
    # Valkey has the second name.
    mode = facts.get("redis_mode") or facts.get("server_mode")
    return {"sentinel": _SENTINEL, "cluster": _CLUSTER}.get(str(mode))
