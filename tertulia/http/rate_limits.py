"""Rate limits: one table for the whole service, counted by the generic cell rate algorithm (GCRA).

A limit of n per period with a burst b allows b requests immediately and then one every period / n. Redis counts
atomically, so that a limit applies over all processes; without Redis, or while it does not answer, each process
counts by itself.
"""

import asyncio
import ipaddress
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.errors import TooMany

log = structlog.get_logger()

_LUA = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = due + ARGV[1] - ARGV[2] - now
if wait > 0 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', due + ARGV[1]), 'PX', math.ceil((due + ARGV[1] - now) * 1000))
return '0'
"""

# How many counters of this process are kept before expired ones are deleted.
_MAX_COUNTERS = 10_000


class Limit(Struct, frozen=True):
    """`count` requests per `period` (in seconds), of which `burst` may come immediately."""

    count: int
    period: float
    burst: int


# By the operation id in the API description. Members are counted by account, visitors by address.
LIMITS = {
    "register": Limit(10, 3600, 5),
    "sign_in": Limit(20, 60, 10),
    "sign_in_from": Limit(5, 60, 10),
    "sign_in_account": Limit(100, 3600, 20),
    "request_reset": Limit(10, 3600, 5),
    "verify": Limit(30, 3600, 10),
    "mail_again": Limit(10, 3600, 5),
    "reset_password": Limit(30, 3600, 10),
    "change_password": Limit(20, 3600, 5),
    "change_address": Limit(20, 3600, 5),
    "found": Limit(30, 3600, 10),
    "start_topic": Limit(20, 3600, 5),
    "post_reply": Limit(60, 600, 10),
    "edit_post": Limit(60, 600, 10),
    "go_back": Limit(60, 600, 10),
    "set_reaction": Limit(120, 60, 30),
    "post_notice": Limit(20, 600, 5),
    "ask_question": Limit(20, 600, 5),
    "vote": Limit(120, 60, 40),
    "set_ballot": Limit(120, 60, 40),
    "react_in_room": Limit(60, 60, 20),
    "keep_room_report_xlsx": Limit(30, 600, 10),
    "keep_gathering_report_xlsx": Limit(30, 600, 10),
    **dict.fromkeys(("flag_post", "flag_topic", "flag_file", "flag_profile"), Limit(60, 3600, 10)),
    "send_report": Limit(20, 3600, 5),
    "make_appeal": Limit(20, 3600, 5),
    "appeal_report": Limit(20, 3600, 5),
    "take_own_data": Limit(10, 3600, 3),
    "try_rule": Limit(30, 600, 10),
    "edit_held_post": Limit(60, 600, 10),
    "preview": Limit(120, 60, 30),
    # Drafts are saved automatically, from several windows: they must not use up the limits of other actions.
    "save_draft": Limit(120, 60, 40),
    "upload_file": Limit(60, 600, 20),
    "read_named": Limit(120, 60, 40),
    "read_similar": Limit(60, 60, 20),
    "search": Limit(60, 60, 20),
    "write": Limit(120, 60, 40),
    "read": Limit(1200, 60, 400),
}

# Forms count as the operation that they do; all other forms count as "write".
FORMS = {
    "/signin": "sign_in",
    "/register": "register",
    "/reset": "request_reset",
    "/verify": "verify",
    "/claim-admin": "found",
    "/settings/password": "change_password",
    "/settings/address": "change_address",
    "/settings/verification": "mail_again",
    "/s/{slug}/new": "start_topic",
    "/t/{topic_id}/reply": "post_reply",
    "/p/{post_id}/reply": "post_reply",
    "/p/{post_id}/edit": "edit_post",
    "/p/{post_id}/back": "edit_post",
    "/p/{post_id}/flag": "flag_post",
    "/held/{post_id}": "edit_held_post",
    "/rules/new": "try_rule",
    "/flag/{what}/{object_id}": "flag_post",
    "/report": "send_report",
    "/decisions/{decision_id}/appeal": "make_appeal",
    "/report/{reference}/appeal": "appeal_report",
    "/p/set": "set_reaction",
    "/r/{room_id}/questions": "ask_question",
    "/r/{room_id}/act": "vote",
    "/r/{room_id}/polls/{poll_id}/ballot": "set_ballot",
    "/r/{room_id}/notices": "post_notice",
    "/r/{room_id}/board/{notice_id}/reply": "post_reply",
    "/r/{room_id}/board/{notice_id}/edit": "edit_post",
    "/r/{room_id}/board/act": "set_reaction",
}


# Seconds after which a Redis that did not answer is asked again.
PROBE_EVERY = 2.0


class Limiter:
    """Counts in Redis, or in memory without Redis; with `on=False` it allows everything."""

    def __init__(self, redis: "Redis | None", on: bool = True) -> None:
        self.on = on
        self.redis = redis
        self.script: Any = redis.register_script(_LUA) if redis else None
        self.due: dict[str, float] = {}
        self.redis_answers = True
        self.probe_at = 0.0
        self.probe: asyncio.Task[None] | None = None

    async def count(self, name: str, who: str) -> None:
        """Count one use of a limit by an account or address; raise TooMany with the seconds to wait if it is used up."""
        if not self.on:
            return
        limit = LIMITS.get(name, LIMITS["write"])
        spacing = limit.period / limit.count
        wait = await self._wait(f"limit:{name}:{who}", spacing, spacing * limit.burst)
        if wait > 0:
            raise TooMany(wait)

    async def _wait(self, key: str, spacing: float, window: float) -> float:
        if self.script is not None and self.redis_answers:
            try:
                return float(await self.script(keys=[key], args=[spacing, window]))
            except (RedisError, OSError, TimeoutError):
                if self.redis_answers:
                    log.warning("rate limits are counted in this process", reason="Redis does not answer")
                self.redis_answers = False
                self.probe_at = time.monotonic() + PROBE_EVERY
        elif self.redis is not None and time.monotonic() >= self.probe_at:
            self.probe_at = time.monotonic() + PROBE_EVERY
            self.probe = asyncio.create_task(self._probe(self.redis), name="rate limits: probe Redis")
        return self._wait_here(key, spacing, window)

    async def _probe(self, redis: "Redis") -> None:
        # No request waits for a Redis that did not answer the last time.
        with suppress(RedisError, OSError, TimeoutError):
            await redis.ping()
            self.redis_answers = True

    def _wait_here(self, key: str, spacing: float, window: float) -> float:
        now = time.monotonic()
        if len(self.due) >= _MAX_COUNTERS:
            self.due = {name: due for name, due in self.due.items() if due > now}
        due = max(self.due.get(key, now), now)
        wait = due + spacing - window - now
        if wait <= 0:
            self.due[key] = due + spacing
        return wait


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
