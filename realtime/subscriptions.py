"""Subscriptions: peers join and leave channels, and no event is lost or sent twice between catching up and live
delivery."""

import asyncio
import logging

from core.errors import NotFound, Refusal, Unavailable, code_of
from core.languages.texts import translatable
from realtime import protocol
from realtime.channels import ChannelKind, parse_name
from realtime.delivery import MissedFrames
from realtime.hub import Hub
from realtime.peers import Channel, Peer
from realtime.protocol import Close, Join
from realtime.send_scheduler import MAX_BUFFERED_BYTES
from storage.database import Reader

log = logging.getLogger(__name__)


class TooManyChannels(Refusal):
    """The socket has already joined as many channels as one socket may."""

    message = translatable("This socket listens to too many channels already.")


class Subscriptions:
    """Answers join and leave frames, and checks again when a peer's access may have changed."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        # Leaves database connections to requests when a thousand sockets reconnect at the same moment.
        self._joins = asyncio.Semaphore(hub.limits.concurrent_joins)

    async def join(self, peer: Peer, frame: Join) -> None:
        """Let the peer join the channel and send it what it missed, or send it a refusal."""
        name = parse_name(frame.channel, self.hub.kinds)
        if name is None:
            peer.send(protocol.refused(frame.channel, code_of(NotFound)))
            return
        if name.text not in peer.groups and len(peer.groups) >= self.hub.limits.channels:
            peer.send(protocol.refused(frame.channel, code_of(TooManyChannels)))
            return
        if peer.transport.buffered_bytes() > MAX_BUFFERED_BYTES:
            self.hub.counts.slow_closes += 1
            peer.close(Close.SLOW)
            return
        channel = self.hub.get_channel(name)
        channel.joins_under_way += 1
        try:
            async with self._joins, asyncio.timeout(self.hub.limits.handshake):
                await self._join(peer, channel, frame)
        except Refusal as refusal:
            self._refuse(peer, channel, refusal.code)
        except TimeoutError:
            self._refuse(peer, channel, code_of(Unavailable))
        except Exception:
            self.hub.counts.failures += 1
            log.exception("joining %s failed", name.text)
            self._refuse(peer, channel, code_of(Unavailable))
        finally:
            channel.joins_under_way -= 1

    def leave(self, peer: Peer, channel: str) -> None:
        """Let the peer leave a channel and confirm it, even if it had not joined."""
        self.hub.unsubscribe(peer, channel)
        peer.send(protocol.left(channel, "asked"))

    async def recheck(self, peer: Peer) -> None:
        """Check all channels of a peer whose access has changed: leave those it may not join, switch audiences of
        others."""
        for name in list(peer.groups):
            async with self.hub.db.read() as tx:
                await self._recheck(tx, peer, name)

    async def recheck_all(self, channel: Channel) -> None:
        """Check all peers of a channel that is now open to others; close those that cannot be checked."""
        peers = [peer for group in channel.groups.values() for peer in group.peers]
        try:
            async with self.hub.db.read() as tx:
                for peer in peers:
                    await self._recheck(tx, peer, channel.name.text)
        except Unavailable:
            for peer in peers:
                peer.close(Close.RESTART)

    async def _recheck(self, tx: Reader, peer: Peer, name: str) -> None:
        group = peer.groups.get(name)
        if group is None:
            return
        channel, actor = group.channel, peer.actor
        try:
            audience = await _kind_of(channel).join(tx, actor, channel.name.id)
        except Unavailable:
            raise
        except Refusal:
            if self.hub.unsubscribe(peer, name):
                peer.send(protocol.left(name, "no_access"))
            return
        if peer.groups.get(name) is group and audience != group.audience:
            self._subscribe(peer, channel, audience, MissedFrames(None, ()))

    async def _join(self, peer: Peer, channel: Channel, frame: Join) -> None:
        delivery = self.hub.delivery
        after = frame.after
        is_void = after is not None and frame.epoch is not None and frame.epoch != self.hub.db.epoch
        while peer.is_open:
            actor, access_changes = peer.actor, channel.access_changes
            is_new = channel.delivered < 0
            async with self.hub.db.read() as tx:
                audience = await _kind_of(channel).join(tx, actor, channel.name.id)
                await delivery.open(tx, channel)
                if is_new and _kind_of(channel).access_events:
                    # An event that changed access between the check and the opening was not received here.
                    audience = await _kind_of(channel).join(tx, actor, channel.name.id)
                if is_void or after is None or after <= channel.delivered:
                    missed = await delivery.read_missed(tx, channel, audience, None if is_void else after)
                    # No await between here and the subscription. If access changed meanwhile, everything starts again.
                    if peer.actor is actor and channel.access_changes == access_changes:
                        if is_void:
                            missed = MissedFrames(None, missed.signals)
                        self._subscribe(peer, channel, audience, missed)
                        return
                    continue
            is_void = not await delivery.catch_up(channel, after)

    def _subscribe(self, peer: Peer, channel: Channel, audience: str, missed: MissedFrames) -> None:
        hub, name = self.hub, channel.name.text
        if not peer.is_open:
            return
        hub.unsubscribe(peer, name)
        if (group := channel.groups.get(audience)) is not None:
            hub.scheduler.flush(group)
        if missed.events is None:
            hub.counts.resets += 1
            peer.write(hub.delivery.reset_frame(channel))
        else:
            peer.send(protocol.joined(name, hub.db.epoch, channel.delivered, missed.events))
        for signal in missed.signals:
            peer.send(protocol.signal(name, signal))
        hub.subscribe(peer, channel, audience)
        if channel.target > channel.delivered:
            # A message arrived while the channel was being opened.
            hub.on_message(name, channel.target)

    def _refuse(self, peer: Peer, channel: Channel, code: str) -> None:
        self.hub.unsubscribe(peer, channel.name.text)
        peer.send(protocol.refused(channel.name.text, code))


def _kind_of(channel: Channel) -> ChannelKind:
    if channel.kind is None:
        raise NotFound
    return channel.kind
