"""Channel kinds: how a capability tells delivery who may join its channels and how their events are shown."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from core.actor import Actor
from storage.database import Database, Reader
from storage.event_log import LogEntry

Audience = str
Join = Callable[[Reader, Actor, int], Awaitable[Audience]]
Show = Callable[[Reader, Audience, Sequence[LogEntry]], Awaitable[Sequence[bytes]]]
ReadSignals = Callable[[Reader, Audience, int], Awaitable[Sequence[bytes]]]
RecordAttendance = Callable[[Database, Mapping[int, Sequence[int]]], Awaitable[None]]
DescribePresence = Callable[[Reader, int, Sequence[int]], Awaitable[Mapping[str, Any]]]

# The kind of each member's own channel, in which changes of the member's access are also recorded.
MEMBER = "member"

_NAME = re.compile(r"([a-z]{1,30})(?::([1-9][0-9]{0,18}))?")
_LARGEST_ID = 2**63 - 1


class ChannelKind(Struct, frozen=True, kw_only=True):
    """All channels with one prefix.

    `join` returns the audience that an actor belongs to, or raises a refusal; `show` returns each log entry as one JSON
    object for an audience; `signals` returns the signals that are valid now. A kind without ids (`has_id=False`) has one
    channel, whose id is 0.
    """

    join: Join
    show: Show
    signals: ReadSignals | None = None
    has_id: bool = True
    # After an event of one of these types, all peers of the channel are checked again.
    access_events: frozenset[str] = frozenset()
    has_presence: bool = False
    # Records the members who have come, by channel id: each member once a day, and again after one of `attendance_events`.
    record_attendance: RecordAttendance | None = None
    attendance_events: frozenset[str] = frozenset()
    # Returns what everybody in the channel may know about the members who are there.
    describe_presence: DescribePresence | None = None


class ChannelName(Struct, frozen=True):
    """The parts of a channel's name: `topic:7` has the kind `topic` and the id 7."""

    text: str
    kind: str
    id: int


def parse_name(text: str, kinds: Mapping[str, ChannelKind]) -> ChannelName | None:
    """Return the parts of a channel's name, or None if no channel can have this name."""
    match = _NAME.fullmatch(text)
    if match is None or match[1] not in kinds:
        return None
    number = int(match[2] or 0)
    if kinds[match[1]].has_id != bool(number) or number > _LARGEST_ID:
        return None
    return ChannelName(text, match[1], number)
