"""The channel of a member: how events about read state and following are shown on it."""

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
    """Return the frames of one member's events: `topic_read` and `following_changed` with the current state, the others as
    the members capability shows them."""
    frames = await show_member(tx, audience, entries)
    read = _collect_ids(entries, "topic_read", "topic_id")
    changed = _collect_ids(entries, "following_changed", "following_id")
    if not read and not changed:
        return frames
    member = await load_reader(tx, entries[0].event["member_id"], clock.now())
    read_states = await show_read_states(tx, member, read) if read else {}
    following = await show_following_by_id(tx, member, changed) if changed else {}
    return [
        _show(entry, "reading", read_states.get(entry.event["topic_id"]))
        if entry.event["type"] == "topic_read"
        else _show(entry, "following", following.get(entry.event["following_id"]))
        if entry.event["type"] == "following_changed"
        else frame
        for entry, frame in zip(entries, frames, strict=True)
    ]


def _collect_ids(entries: Sequence[LogEntry], kind: str, name: str) -> list[int]:
    return sorted({entry.event[name] for entry in entries if entry.event["type"] == kind})


def _show(entry: LogEntry, name: str, value: object | None) -> bytes:
    shown: Mapping[str, object] = {"type": entry.event["type"]} | ({} if value is None else {name: value})
    return msgspec.json.encode(shown)
