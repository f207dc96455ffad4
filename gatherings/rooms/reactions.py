"""Reactions in a room: applause and the like, counted for half a second, shown to all, and forgotten."""

import asyncio
from collections import Counter

from core import clock
from core.actor import Actor
from core.ids import RoomId
from gatherings.rooms import rooms
from gatherings.rooms.policy_reactions import ensure_can_react
from gatherings.rooms.shapes_reactions import RoomReactionKind
from storage.database import Database

TOLD_EVERY = 0.5


class RoomReactions:
    """Collects the reactions that this process hears, and tells them room by room; nothing is written anywhere."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.counts: dict[RoomId, Counter[str]] = {}

    async def react(self, actor: Actor, room_id: RoomId, kind: RoomReactionKind) -> None:
        """Clap, laugh, agree: in an open room whose host has reactions on."""
        async with self.db.read() as tx:
            room = await rooms.get_room(tx, actor, room_id)
        ensure_can_react(actor, room, clock.now())
        if room_id in self.counts:
            self.counts[room_id][kind] += 1
            return
        # The first is told at once, and what comes in the half second after it together.
        self._tell(room_id, Counter({kind: 1}))
        self.counts[room_id] = Counter()
        asyncio.get_running_loop().call_later(TOLD_EVERY, self._next, room_id)

    def _next(self, room_id: RoomId) -> None:
        if counted := self.counts.pop(room_id):
            self._tell(room_id, counted)
            self.counts[room_id] = Counter()
            asyncio.get_running_loop().call_later(TOLD_EVERY, self._next, room_id)

    def _tell(self, room_id: RoomId, counted: Counter[str]) -> None:
        self.db.bus.signal(f"room:{room_id}", {"type": "reactions", "adds": True, "counts": dict(counted)})
