"""The bell of an installation of several processes: one Redis channel, one task that tells, one that hears.

A connection that answers proves nothing (a subscription can starve behind it), so the bell tells itself something
every few seconds and expects to hear it; after two misses the subscription is built anew.
"""

import asyncio
import logging
import secrets
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from realtime.background import Backoff, Loops
from realtime.bus import Listener, Message, NullListener, Payload, Presence, merge
from storage.database import Positions

log = logging.getLogger(__name__)

MOST_WAITING = 10_000
_decoder = msgspec.json.Decoder(Message)


class SubscriptionSilent(RedisError):
    """The connection stands, but what was told does not come back."""


class RedisBus:
    """Tells this process at once and all others through Redis."""

    def __init__(self, url: str, *, prefix: str = "tertulia", probe_every: float = 5.0) -> None:
        self.process = secrets.token_hex(4)
        self.listener: Listener = NullListener()
        self.url = url
        self.name = f"{prefix}:doorbell"
        self.probe_every = probe_every
        self.is_reachable = True
        self.lost = 0
        self._outgoing = _Outgoing()
        self._stirred = asyncio.Event()
        self._number = 0
        self._has_lost = False
        self._is_asking = False
        self._is_telling = False
        self._heard_at = monotonic()
        self._numbers: dict[str, int] = {}
        self._telling = Loops()
        self._hearing = Loops()
        self.subscription: PubSub | None = None
        self._teller: Redis | None = None
        self._tells = Backoff()
        self._hears = Backoff()
        self._telling.add("bell: tell", self._tell)
        self._hearing.add("bell: hear", self._hear)

    def publish(self, positions: Positions) -> None:
        """Tell every process that these channels have reached these numbers."""
        for channel, seq in positions:
            self.listener.on_message(channel, seq)
            self._outgoing.positions[channel] = max(seq, self._outgoing.positions.get(channel, 0))
        self._stir()

    def signal(self, channel: str, payload: Payload) -> None:
        """Tell every process a passing fact."""
        self.listener.on_signal(channel, payload)
        key = (channel, str(payload.get("type")))
        self._outgoing.signals[key] = merge(self._outgoing.signals.get(key), payload)
        self._stir()

    def publish_presence(self, presence: Presence) -> None:
        """Tell the other processes who stands in a channel here."""
        self._outgoing.presences[presence.channel] = presence
        self._stir()

    async def start(self, listener: Listener) -> None:
        """Begin to tell and to hear; Redis may be away, then it is tried until it is there."""
        self.listener = listener
        self._heard_at = monotonic()
        self._telling.start()
        self._hearing.start()

    def is_healthy(self) -> bool:
        """Whether both tasks live and something told has been heard within three probes."""
        is_alive = self._telling.are_alive() and self._hearing.are_alive()
        return is_alive and monotonic() - self._heard_at < 3 * self.probe_every

    async def close(self) -> None:
        """Tell what is waiting, if Redis is there, and stop."""
        until = monotonic() + 1
        # One short wait at the end of a life: not worth an event of its own.
        while self.is_reachable and self._telling.are_alive() and not self._is_told() and monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await self._hearing.stop()
        await self._telling.stop()
        await self._drop_teller()

    def _is_told(self) -> bool:
        return self._outgoing.is_empty() and not self._is_telling

    def _stir(self) -> None:
        if self._outgoing.size() > MOST_WAITING:
            self._outgoing = _Outgoing()
            self._has_lost = True
            self.lost += 1
        # A process that only tells, as the worker, never starts to hear.
        self._telling.start()
        self._stirred.set()

    def _client(self) -> Redis:
        # Retries of the library would double what is told and hide how long Redis is away.
        return Redis.from_url(
            self.url,
            protocol=2,
            socket_timeout=max(self.probe_every, 0.2),
            socket_connect_timeout=max(self.probe_every, 0.2),
            retry=Retry(NoBackoff(), 0),
            single_connection_client=True,
        )

    # Telling

    async def _tell(self) -> None:
        """Tell what is waiting; if nothing is, tell at least that much once a probe."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.probe_every):
                await self._stirred.wait()
        self._stirred.clear()
        try:
            self._teller = self._teller or self._client()
            await self._publish(self._teller)
        except (RedisError, OSError, TimeoutError) as error:
            await self._lose(error)
            return
        self._tells.reset()
        if not self.is_reachable:
            self.is_reachable = True
            log.info("the bell reaches Redis again")

    async def _publish(self, teller: Redis) -> None:
        self._number += 1
        message = self._outgoing.message(self.process, self._number, self._has_lost, self._is_asking)
        self._outgoing, self._has_lost, self._is_asking = _Outgoing(), False, False
        self._is_telling = True
        try:
            await teller.publish(self.name, msgspec.json.encode(message))
        except BaseException:
            self._has_lost = True
            raise
        finally:
            self._is_telling = False

    async def _lose(self, error: Exception) -> None:
        if self.is_reachable:
            self.is_reachable = False
            log.warning(
                "the bell does not reach Redis (%s); other processes hear by patrol until it does", error
            )
        await self._drop_teller()
        await self._tells.pause()

    async def _drop_teller(self) -> None:
        teller, self._teller = self._teller, None
        await _close(teller)

    # Hearing

    async def _hear(self) -> None:
        """Subscribe and hear until it breaks; what was missed is then found by looking everywhere at once."""
        client = self._client()
        self.subscription = subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            await subscription.subscribe(self.name)
            # The first silence is measured from here: an outage must not count against the new subscription.
            since = monotonic()
            self.listener.on_messages_lost()
            self._is_asking = True
            self._stirred.set()
            await self._listen(subscription, since)
        except (RedisError, OSError, TimeoutError) as error:
            log.info("the bell's subscription broke (%s) and is built anew", error)
        finally:
            await _close(subscription)
            await _close(client)
        await self._hears.pause()

    async def _listen(self, subscription: PubSub, since: float) -> None:
        while True:
            message = await subscription.get_message(timeout=self.probe_every / 2)
            if message is not None:
                self._hears.reset()
                self._receive(message["data"])
            if monotonic() - max(since, self._heard_at) > 2 * self.probe_every + 0.1:
                raise SubscriptionSilent("nothing comes back")

    def _receive(self, data: bytes) -> None:
        try:
            message = _decoder.decode(data)
        except msgspec.MsgspecError:
            log.warning("something that is not ours was published on %s", self.name)
            return
        if message.process == self.process:
            self._heard_at = monotonic()
            return
        for channel, seq in message.positions:
            self.listener.on_message(channel, seq)
        if message.has_lost:
            self.listener.on_messages_lost()
        if message.is_asking:
            self.listener.on_presence_request()
        if message.number > self._numbers.get(message.process, 0):
            self._numbers[message.process] = message.number
            for channel, payload in message.signals:
                self.listener.on_signal(channel, payload)
            for presence in message.presences:
                self.listener.on_presence(message.process, presence)


class _Outgoing:
    """What waits to be told: the last value of each kind."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.signals: dict[tuple[str, str], dict[str, Any]] = {}
        self.presences: dict[str, Presence] = {}

    def size(self) -> int:
        return len(self.positions) + len(self.signals) + len(self.presences)

    def is_empty(self) -> bool:
        return self.size() == 0

    def message(self, process: str, number: int, has_lost: bool, is_asking: bool) -> Message:
        return Message(
            process,
            number,
            has_lost,
            is_asking,
            list(self.positions.items()),
            [(channel, payload) for (channel, _), payload in self.signals.items()],
            list(self.presences.values()),
        )


async def _close(client: Redis | PubSub | None) -> None:
    if client is None:
        return
    try:
        async with asyncio.timeout(1):
            await client.aclose()
    except (RedisError, OSError, TimeoutError):
        return
