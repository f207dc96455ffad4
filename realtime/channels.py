"""Kinds of channels: what the rooms of the house tell delivery about the streams they own."""

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
Signals = Callable[[Reader, Audience, int], Awaitable[Sequence[bytes]]]
Attended = Callable[[Database, Mapping[int, Sequence[int]]], Awaitable[None]]
Present = Callable[[Reader, int, Sequence[int]], Awaitable[Mapping[str, Any]]]

# Each member's own channel, where also a change of what the member may do is told.
MEMBER = "member"

_NAME = re.compile(r"([a-z]{1,30})(?::([1-9][0-9]{0,18}))?")
_LARGEST_ID = 2**63 - 1


class ChannelKind(Struct, frozen=True, kw_only=True):
    """One prefix of channel names.

    `join` names the class of viewers an actor belongs to, or refuses; `show` gives each entry as one JSON object for
    such a class; `signals` gives the passing facts that hold now. A channel that is not `numbered` is asked with id 0.
    """

    join: Join
    show: Show
    signals: Signals | None = None
    numbered: bool = True
    # After an event of one of these types all who listen are asked again whether they may.
    closing: frozenset[str] = frozenset()
    has_presence: bool = False
    # Is told who has come, by channel: each member once a day, and again after an event of one of these types.
    attended: Attended | None = None
    roll_calls: frozenset[str] = frozenset()
    # Says what may be told of the members who are there.
    present: Present | None = None


class ChannelName(Struct, frozen=True):
    """A channel's name taken apart: `topic:7` is the kind `topic` and the id 7."""

    text: str
    kind: str
    id: int


def read_name(text: str, kinds: Mapping[str, ChannelKind]) -> ChannelName | None:
    """The parts of a name, or None where no channel can be called that."""
    match = _NAME.fullmatch(text)
    if match is None or match[1] not in kinds:
        return None
    number = int(match[2] or 0)
    if kinds[match[1]].numbered != bool(number) or number > _LARGEST_ID:
        return None
    return ChannelName(text, match[1], number)
