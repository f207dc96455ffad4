"""What listeners of their own channel are shown of written talk: how far they have come, and what they follow."""

from collections.abc import Mapping, Sequence

import msgspec

from core import clock
from forum.following.following import show_following_by_id
from forum.following.read_state import show_read_states
from members.accounts.actors import load_reader
from members.channels import show_member
from storage.database import Reader
from storage.event_log import LogEntry


async def show_member_events(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Events of one member: what was read, and what is followed, as it is now; all others as they stand."""
    plain = await show_member(tx, audience, entries)
    read, changed = (
        _named(entries, "topic_read", "topic_id"),
        _named(entries, "following_changed", "following_id"),
    )
    if not read and not changed:
        return plain
    member = await load_reader(tx, entries[0].event["member_id"], clock.now())
    readings = await show_read_states(tx, member, read) if read else {}
    following = await show_following_by_id(tx, member, changed) if changed else {}
    return [
        _show(entry, "reading", readings.get(entry.event["topic_id"]))
        if entry.event["type"] == "topic_read"
        else _show(entry, "following", following.get(entry.event["following_id"]))
        if entry.event["type"] == "following_changed"
        else said
        for entry, said in zip(entries, plain, strict=True)
    ]


def _named(entries: Sequence[LogEntry], kind: str, name: str) -> list[int]:
    return sorted({entry.event[name] for entry in entries if entry.event["type"] == kind})


def _show(entry: LogEntry, name: str, value: object | None) -> bytes:
    shown: Mapping[str, object] = {"type": entry.event["type"]} | ({} if value is None else {name: value})
    return msgspec.json.encode(shown)
