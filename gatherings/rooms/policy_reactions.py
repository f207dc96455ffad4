"""The rule for reactions in a room."""

from datetime import datetime

from core.actor import Actor
from gatherings.policy_rooms import ModuleOff, RoomFacts, RoomNotOpen


def ensure_can_react(actor: Actor, room: RoomFacts, now: datetime) -> None:
    """Verified members react in open rooms whose hosts have reactions on; raise RoomNotOpen or ModuleOff."""
    actor.may_write(now, room.sector_id)
    if room.state != "open":
        raise RoomNotOpen
    if "reactions" not in room.modules:
        raise ModuleOff
