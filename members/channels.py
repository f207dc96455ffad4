"""What listeners of members' channels are shown."""

from collections.abc import Sequence

import msgspec

from core.actor import Actor
from core.errors import NotFound
from members.profiles.profiles import read_authors
from storage.database import Reader
from storage.event_log import LogEntry

_SHOWN = ("type", "session_id", "kept_id", "notification_id", "sector_id")


async def join_member(tx: Reader, actor: Actor, member: int) -> str:
    """A member's own channel is for that member; to everybody else there is no such thing."""
    if actor.id is None or actor.id != member:
        raise NotFound
    return "self"


async def show_member(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """What happened to the member: its kind, and the session where it was one."""
    return [
        msgspec.json.encode({name: entry.event[name] for name in _SHOWN if name in entry.event})
        for entry in entries
    ]


async def join_members(tx: Reader, actor: Actor, _: int) -> str:
    """The faces of members are for everyone."""
    return "all"


async def show_members(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Members whose face changed, with the face they have now."""
    faces = await read_authors(tx, [entry.event["member_id"] for entry in entries])
    return [
        msgspec.json.encode({"type": entry.event["type"], "member": faces.get(entry.event["member_id"])})
        for entry in entries
    ]
