"""The bus of an installation with several processes: one Redis channel, with a task that publishes and one that
receives.

A connection that answers proves nothing, as its subscription can be silent. So each process also receives its own
messages, publishes at least one in every probe interval, and subscribes again when two in a row do not come back.
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
from storage.publishing import Positions

log = logging.getLogger(__name__)

MAX_PENDING = 10_000
_decoder = msgspec.json.Decoder(Message)


class SubscriptionSilent(RedisError):
    """The connection is open, but our own messages do not come back."""


class RedisBus:
    """Passes messages to this process directly, and to all others through Redis."""

    def __init__(self, url: str, *, prefix: str = "tertulia", probe_every: float = 5.0) -> None:
        self.process = secrets.token_hex(4)
        self.listener: Listener = NullListener()
        self.url = url
        self.name = f"{prefix}:doorbell"
        self.probe_every = probe_every
        self.is_reachable = True
        self.lost = 0
        self._pending = _Pending()
        self._has_work = asyncio.Event()
        self._number = 0
        self._has_lost = False
        self._requests_presence = False
        self._is_publishing = False
        self._received_at = monotonic()
        self._last_numbers: dict[str, int] = {}
        self._publishing = Loops()
        self._receiving = Loops()
        self.subscription: PubSub | None = None
        self._publisher: Redis | None = None
        self._publish_backoff = Backoff()
        self._receive_backoff = Backoff()
        self._publishing.add("bus: publish", self._publish_turn)
        self._receiving.add("bus: receive", self._receive_turn)

    def publish(self, positions: Positions) -> None:
        """Tell every process the positions that these channels have reached."""
        for channel, seq in positions:
            self.listener.on_message(channel, seq)
            self._pending.positions[channel] = max(seq, self._pending.positions.get(channel, 0))
        self._wake()

    def signal(self, channel: str, payload: Payload) -> None:
        """Send a signal to every process."""
        self.listener.on_signal(channel, payload)
        key = (channel, str(payload.get("type")))
        self._pending.signals[key] = merge(self._pending.signals.get(key), payload)
        self._wake()

    def publish_presence(self, presence: Presence) -> None:
        """Tell the other processes who is in a channel in this one."""
        self._pending.presences[presence.channel] = presence
        self._wake()

    async def start(self, listener: Listener) -> None:
        """Begin to publish and to receive; if Redis is away, try until it is there."""
        self.listener = listener
        self._received_at = monotonic()
        self._publishing.start()
        self._receiving.start()

    def is_healthy(self) -> bool:
        """Return whether both tasks run and one of our own messages came back within three probe intervals."""
        is_alive = self._publishing.are_alive() and self._receiving.are_alive()
        return is_alive and monotonic() - self._received_at < 3 * self.probe_every

    async def close(self) -> None:
        """Publish what is pending, if Redis is there, and stop."""
        until = monotonic() + 1
        # A short wait when the process ends, not worth an event of its own.
        while self._has_unsent() and monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await self._receiving.stop()
        await self._publishing.stop()
        await self._close_publisher()

    def _has_unsent(self) -> bool:
        is_flushed = self._pending.is_empty() and not self._is_publishing
        return self.is_reachable and self._publishing.are_alive() and not is_flushed

    def _wake(self) -> None:
        if self._pending.size() > MAX_PENDING:
            self._pending = _Pending()
            self._has_lost = True
            self.lost += 1
        # A process that only publishes, such as the worker, never calls `start`.
        self._publishing.start()
        self._has_work.set()

    def _connect(self) -> Redis:
        # The library's own retries would publish messages twice and hide how long Redis is away.
        return Redis.from_url(
            self.url,
            protocol=2,
            socket_timeout=max(self.probe_every, 0.2),
            socket_connect_timeout=max(self.probe_every, 0.2),
            retry=Retry(NoBackoff(), 0),
            single_connection_client=True,
        )

    # Publishing

    async def _publish_turn(self) -> None:
        """Publish what is pending, and an empty message if there is nothing for a whole probe interval."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.probe_every):
                await self._has_work.wait()
        self._has_work.clear()
        try:
            self._publisher = self._publisher or self._connect()
            await self._publish_pending(self._publisher)
        except (RedisError, OSError, TimeoutError) as error:
            await self._handle_publish_failure(error)
            return
        self._publish_backoff.reset()
        if not self.is_reachable:
            self.is_reachable = True
            log.info("Redis is reachable again")

    async def _publish_pending(self, publisher: Redis) -> None:
        self._number += 1
        message = self._pending.to_message(
            self.process, self._number, self._has_lost, self._requests_presence
        )
        self._pending, self._has_lost, self._requests_presence = _Pending(), False, False
        self._is_publishing = True
        try:
            await publisher.publish(self.name, msgspec.json.encode(message))
        except BaseException:
            self._has_lost = True
            raise
        finally:
            self._is_publishing = False

    async def _handle_publish_failure(self, error: Exception) -> None:
        if self.is_reachable:
            self.is_reachable = False
            log.warning(
                "Redis is not reachable (%s); until it is, other processes find new events by polling", error
            )
        await self._close_publisher()
        await self._publish_backoff.pause()

    async def _close_publisher(self) -> None:
        publisher, self._publisher = self._publisher, None
        await _close(publisher)

    # Receiving

    async def _receive_turn(self) -> None:
        """Subscribe and receive until the subscription fails; what was missed before is found by polling all channels."""
        client = self._connect()
        self.subscription = subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            await subscription.subscribe(self.name)
            # Silence is measured from here: an outage before must not count against the new subscription.
            since = monotonic()
            self.listener.on_messages_lost()
            self._requests_presence = True
            self._has_work.set()
            await self._receive_until_silent(subscription, since)
        except (RedisError, OSError, TimeoutError) as error:
            log.info("the subscription to Redis failed (%s) and is made again", error)
        finally:
            await _close(subscription)
            await _close(client)
        await self._receive_backoff.pause()

    async def _receive_until_silent(self, subscription: PubSub, since: float) -> None:
        while True:
            message = await subscription.get_message(timeout=self.probe_every / 2)
            if message is not None:
                self._receive_backoff.reset()
                self._receive(message["data"])
            if monotonic() - max(since, self._received_at) > 2 * self.probe_every + 0.1:
                raise SubscriptionSilent("our own messages do not come back")

    def _receive(self, data: bytes) -> None:
        try:
            message = _decoder.decode(data)
        except msgspec.MsgspecError:
            log.warning("an unknown message was published on %s", self.name)
            return
        if message.process == self.process:
            self._received_at = monotonic()
            return
        for channel, seq in message.positions:
            self.listener.on_message(channel, seq)
        if message.has_lost:
            self.listener.on_messages_lost()
        if message.requests_presence:
            self.listener.on_presence_request()
        if message.number > self._last_numbers.get(message.process, 0):
            self._last_numbers[message.process] = message.number
            for channel, payload in message.signals:
                self.listener.on_signal(channel, payload)
            for presence in message.presences:
                self.listener.on_presence(message.process, presence)


class _Pending:
    """What waits to be published: the latest value of each kind."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.signals: dict[tuple[str, str], dict[str, Any]] = {}
        self.presences: dict[str, Presence] = {}

    def size(self) -> int:
        return len(self.positions) + len(self.signals) + len(self.presences)

    def is_empty(self) -> bool:
        return self.size() == 0

    def to_message(self, process: str, number: int, has_lost: bool, requests_presence: bool) -> Message:
        return Message(
            process,
            number,
            has_lost,
            requests_presence,
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
