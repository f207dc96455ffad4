"""The counters of the rate limits, by the generic cell rate algorithm (GCRA).

A request counts for several limits at once: it is counted for all of them or, if one is used up, for none. Redis counts
atomically, so that a limit applies over all processes; without Redis, or while it does not answer, each process counts by
itself.
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tertulia.limits.table import Limit

log = structlog.get_logger()

# For each key two arguments: the seconds that the use takes, and those that may be taken ahead of time. ARGV[1] is "1" for
# uses that are counted although the limit is used up, so that one must wait ARGV[2] seconds at most.
_LUA = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local longest, which, dues = 0, 0, {}
for i, key in ipairs(KEYS) do
  local due = math.max(tonumber(redis.call('GET', key) or now), now)
  local wait = due + ARGV[2 * i + 1] - ARGV[2 * i + 2] - now
  if wait > longest then longest, which = wait, i end
  dues[i] = due + ARGV[2 * i + 1]
  if ARGV[1] == '1' then dues[i] = math.min(dues[i], math.max(due, now + ARGV[2 * i + 2] + ARGV[2])) end
end
if longest > 0.001 and ARGV[1] == '0' then return {which, tostring(longest)} end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.6f', dues[i]), 'PX', math.ceil((dues[i] - now) * 1000) + 1)
end
return {0, '0'}
"""

# Sums of floating-point numbers must not refuse the last use of a burst.
_TOLERANCE = 0.001
# Failed attempts make nobody wait longer than this.
LONGEST_WAIT = 3600.0
# How many counters of this process are kept before expired ones are deleted, and after how many seconds they are again.
_MAX_COUNTERS = 20_000
_CLEAN_EVERY = 5.0
# Seconds after which a Redis that did not answer is asked again.
PROBE_EVERY = 2.0


class Use(Struct, frozen=True):
    """One use of a limit: for whom it counts (`member:7`), of which action, and how many uses it counts as."""

    action: str
    who: str
    limit: Limit
    count: int = 1

    @property
    def key(self) -> str:
        """The name of the counter."""
        return f"limit:{self.action}:{self.who}"

    @property
    def taken(self) -> float:
        """The seconds that this use takes."""
        return self.limit.spacing * self.count

    @property
    def window(self) -> float:
        """The seconds that may be taken ahead of time."""
        return self.limit.spacing * self.limit.burst


class Exceeded(Struct, frozen=True):
    """A limit that is used up, and after how many seconds the use is possible."""

    use: Use
    wait: float


class Limiter:
    """Counts in Redis, or in memory without Redis. `now` gives the seconds by which this process counts."""

    def __init__(self, redis: "Redis | None", now: Callable[[], float] = time.monotonic) -> None:
        self.redis = redis
        self.script: Any = redis.register_script(_LUA) if redis else None
        self.due: dict[str, float] = {}
        self.now = now
        self.clean_at = 0.0
        self.redis_answers = True
        self.probe_at = 0.0
        self.probe: asyncio.Task[None] | None = None

    async def count(self, uses: Sequence[Use]) -> Exceeded | None:
        """Count all these uses and return None; if a limit is used up, count none and return the one to wait for longest."""
        return await self._count(uses, is_forced=False)

    async def charge(self, uses: Sequence[Use]) -> None:
        """Count these uses even if a limit is used up, so that one must wait longer, for an hour at most."""
        await self._count(uses, is_forced=True)

    async def _count(self, uses: Sequence[Use], is_forced: bool) -> Exceeded | None:
        if not uses:
            return None
        if self.script is not None and self.redis_answers:
            try:
                numbers = [number for use in uses for number in (use.taken, use.window)]
                which, wait = await self.script(
                    keys=[use.key for use in uses], args=[int(is_forced), LONGEST_WAIT, *numbers]
                )
                return Exceeded(uses[int(which) - 1], float(wait)) if which else None
            except (RedisError, OSError, TimeoutError):
                if self.redis_answers:
                    log.warning("rate limits are counted in this process", reason="Redis does not answer")
                self.redis_answers = False
                self.probe_at = time.monotonic() + PROBE_EVERY
        elif self.redis is not None and time.monotonic() >= self.probe_at:
            self.probe_at = time.monotonic() + PROBE_EVERY
            self.probe = asyncio.create_task(self._probe(self.redis), name="rate limits: probe Redis")
        return self._count_here(uses, is_forced)

    async def _probe(self, redis: "Redis") -> None:
        # No request waits for a Redis that did not answer the last time.
        with suppress(RedisError, OSError, TimeoutError):
            await redis.ping()
            self.redis_answers = True

    def _count_here(self, uses: Sequence[Use], is_forced: bool) -> Exceeded | None:
        now = self.now()
        self._delete_expired(now)
        dues = [max(self.due.get(use.key, now), now) for use in uses]
        waits = [due + use.taken - use.window - now for due, use in zip(dues, uses, strict=True)]
        longest = max(waits)
        if longest > _TOLERANCE and not is_forced:
            return Exceeded(uses[waits.index(longest)], longest)
        for due, use in zip(dues, uses, strict=True):
            later = due + use.taken
            self.due[use.key] = min(later, max(due, now + use.window + LONGEST_WAIT)) if is_forced else later
        return None

    def _delete_expired(self, now: float) -> None:
        if len(self.due) >= _MAX_COUNTERS and now >= self.clean_at:
            self.clean_at = now + _CLEAN_EVERY
            self.due = {name: due for name, due in self.due.items() if due > now}


@lru_cache(4096)
def address_key(address: str) -> str:
    """Return the key by which an address is counted: itself, or for IPv6 its /64, which belongs to one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
