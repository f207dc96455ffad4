"""Joining and leaving: who may listen to what, and that nothing is lost or doubled between what was and what comes."""

import asyncio
import logging

from core.errors import NotFound, Refusal, code_of
from realtime import protocol
from realtime.channels import ChannelKind, read_name
from realtime.delivery import Missed
from realtime.hub import Hub
from realtime.peers import Channel, Peer
from realtime.protocol import Close, Join
from realtime.send_scheduler import MOST_WAITING
from storage.database import Reader
from storage.failures import UNAVAILABLE_ERRORS

log = logging.getLogger(__name__)

UNAVAILABLE = "unavailable"


class TooManyChannels(Refusal):
    """One socket listens to no more channels than this."""

    message = "This socket listens to too many channels already."


class Joins:
    """Answers join and leave frames, and asks again when a peer's access may have changed."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        # Leaves connections of the pool to requests while a thousand sockets come back at once.
        self._turns = asyncio.Semaphore(hub.limits.joins_at_once)

    async def join(self, peer: Peer, frame: Join) -> None:
        """Let the peer listen and tell it what it missed, or refuse."""
        name = read_name(frame.channel, self.hub.kinds)
        if name is None:
            peer.tell(protocol.refused(frame.channel, code_of(NotFound)))
            return
        if name.text not in peer.circles and len(peer.circles) >= self.hub.limits.channels:
            peer.tell(protocol.refused(frame.channel, code_of(TooManyChannels)))
            return
        if peer.line.waiting() > MOST_WAITING:
            self.hub.counts.slow_closes += 1
            peer.shut(Close.SLOW)
            return
        channel = self.hub.channel(name)
        channel.holders += 1
        try:
            async with self._turns, asyncio.timeout(self.hub.limits.handshake):
                await self._join(peer, channel, frame)
        except Refusal as refusal:
            self._refuse(peer, channel, refusal.code)
        except UNAVAILABLE_ERRORS:
            self._refuse(peer, channel, UNAVAILABLE)
        except Exception:
            self.hub.counts.failures += 1
            log.exception("joining %s failed", name.text)
            self._refuse(peer, channel, UNAVAILABLE)
        finally:
            channel.holders -= 1

    def leave(self, peer: Peer, channel: str) -> None:
        """Let the peer listen no more; also if it did not."""
        self.hub.leave(peer, channel)
        peer.tell(protocol.left(channel, "asked"))

    async def ask_again(self, peer: Peer) -> None:
        """After a change of access: leave what is closed to the peer now, and see with other eyes what it sees otherwise."""
        for name in list(peer.circles):
            async with self.hub.db.read() as tx:
                await self._ask_again(tx, peer, name)

    async def ask_all_again(self, channel: Channel) -> None:
        """After others may listen than before: the same for all who listen to one channel; what cannot be asked is left."""
        peers = [peer for circle in channel.circles.values() for peer in circle.peers]
        try:
            async with self.hub.db.read() as tx:
                for peer in peers:
                    await self._ask_again(tx, peer, channel.name.text)
        except UNAVAILABLE_ERRORS:
            for peer in peers:
                peer.shut(Close.RESTART)

    async def _ask_again(self, tx: Reader, peer: Peer, name: str) -> None:
        circle = peer.circles.get(name)
        if circle is None:
            return
        channel, actor = circle.channel, peer.actor
        try:
            audience = await _kind(channel).join(tx, actor, channel.name.id)
        except UNAVAILABLE_ERRORS:
            raise
        except Refusal:
            if self.hub.leave(peer, name):
                peer.tell(protocol.left(name, "no_access"))
            return
        if peer.circles.get(name) is circle and audience != circle.audience:
            self._enter(peer, channel, audience, Missed(None, ()))

    async def _join(self, peer: Peer, channel: Channel, frame: Join) -> None:
        delivery = self.hub.delivery
        after = frame.after
        is_void = after is not None and frame.epoch is not None and frame.epoch != self.hub.db.epoch
        while peer.is_open:
            actor, closings = peer.actor, channel.closings
            is_new = channel.delivered < 0
            async with self.hub.db.read() as tx:
                audience = await _kind(channel).join(tx, actor, channel.name.id)
                await delivery.open(tx, channel)
                if is_new and _kind(channel).closing:
                    # What closed it between the answer and the opening was not heard here.
                    audience = await _kind(channel).join(tx, actor, channel.name.id)
                if is_void or after is None or after <= channel.delivered:
                    missed = await delivery.missed(tx, channel, audience, None if is_void else after)
                    # No await from here to the entering. If the peer's access changed meanwhile, all is asked again.
                    if peer.actor is actor and channel.closings == closings:
                        self._enter(
                            peer, channel, audience, Missed(None, missed.signals) if is_void else missed
                        )
                        return
                    continue
            is_void = not await delivery.catch_up(channel, after)

    def _enter(self, peer: Peer, channel: Channel, audience: str, missed: Missed) -> None:
        hub, name = self.hub, channel.name.text
        if not peer.is_open:
            return
        hub.leave(peer, name)
        if (circle := channel.circles.get(audience)) is not None:
            hub.scheduler.flush(circle)
        if missed.events is None:
            hub.counts.resets += 1
            peer.write(hub.delivery.reset_frame(channel))
        else:
            peer.tell(protocol.joined(name, hub.db.epoch, channel.delivered, missed.events))
        for signal in missed.signals:
            peer.tell(protocol.signal(name, signal))
        hub.enter(peer, channel, audience)
        if channel.wanted > channel.delivered:
            # It was positions while it was being opened.
            hub.on_message(name, channel.wanted)

    def _refuse(self, peer: Peer, channel: Channel, code: str) -> None:
        self.hub.leave(peer, channel.name.text)
        peer.tell(protocol.refused(channel.name.text, code))


def _kind(channel: Channel) -> ChannelKind:
    if channel.kind is None:
        raise NotFound
    return channel.kind
