"""Reactions in a room: applause and the like, counted for half a second, published to everyone, and never stored."""

import asyncio
from collections import Counter

from core import clock
from core.actor import Actor
from core.ids import RoomId
from gatherings.rooms import rooms
from gatherings.rooms.policy_reactions import ensure_can_react
from gatherings.rooms.shapes_reactions import RoomReactionKind
from storage.database import Database

# A room's reactions are published at most once in this time.
PUBLISH_INTERVAL_SECONDS = 0.5


class RoomReactions:
    """Collects the reactions that this process receives and publishes their counts, per room, as signals."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.counts: dict[RoomId, Counter[str]] = {}

    async def react(self, actor: Actor, room_id: RoomId, kind: RoomReactionKind) -> None:
        """React in a room; raise NotFound, RoomNotOpen or ModuleOff."""
        async with self.db.read() as tx:
            room = await rooms.get_room(tx, actor, room_id)
        ensure_can_react(actor, room, clock.now())
        if room_id in self.counts:
            self.counts[room_id][kind] += 1
            return
        # The first reaction is published immediately, those of the following half second together.
        self._publish(room_id, Counter({kind: 1}))
        self.counts[room_id] = Counter()
        asyncio.get_running_loop().call_later(PUBLISH_INTERVAL_SECONDS, self._publish_next, room_id)

    def _publish_next(self, room_id: RoomId) -> None:
        if counted := self.counts.pop(room_id):
            self._publish(room_id, counted)
            self.counts[room_id] = Counter()
            asyncio.get_running_loop().call_later(PUBLISH_INTERVAL_SECONDS, self._publish_next, room_id)

    def _publish(self, room_id: RoomId, counted: Counter[str]) -> None:
        self.db.bus.signal(f"room:{room_id}", {"type": "reactions", "adds": True, "counts": dict(counted)})
