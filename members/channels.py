"""The channels of members: `member:ID` for one member, and `members` for changes of author data."""

from collections.abc import Sequence

import msgspec

from core.actor import Actor
from core.errors import NotFound
from members.profiles.profiles import read_authors
from storage.database import Reader
from storage.event_log import LogEntry

_PUBLISHED_KEYS = ("type", "session_id", "kept_id", "notification_id", "sector_id")


async def join_member(tx: Reader, actor: Actor, member: int) -> str:
    """Return the audience of a member's own channel; raise NotFound for everybody else."""
    if actor.id is None or actor.id != member:
        raise NotFound
    return "self"


async def show_member(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the events of one member as JSON: their type, and the ids of sessions, notifications and sectors."""
    return [
        msgspec.json.encode({name: entry.event[name] for name in _PUBLISHED_KEYS if name in entry.event})
        for entry in entries
    ]


async def join_members(tx: Reader, actor: Actor, _: int) -> str:
    """Return the audience of the channel `members`, which is open to everybody."""
    return "all"


async def show_members(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return changed members as JSON with their current author data."""
    authors = await read_authors(tx, [entry.event["member_id"] for entry in entries])
    return [
        msgspec.json.encode({"type": entry.event["type"], "member": authors.get(entry.event["member_id"])})
        for entry in entries
    ]
