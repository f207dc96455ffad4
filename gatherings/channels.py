"""What listeners of gatherings and rooms are shown: each event as the rows it names read now, once per audience."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from core.actor import VISITOR, Actor, host_at
from core.ids import GatheringId, RoomId
from gatherings.events import QuestionClaimed
from gatherings.gatherings import find_gatherings, get_gathering
from gatherings.notices.default_columns import list_columns
from gatherings.notices.reading import find_notices
from gatherings.polls.reading import find_polls, read_open_poll_signal
from gatherings.programme.reading import find_sessions
from gatherings.questions.reading import count_open_votes, show_questions_to_audience
from gatherings.rooms import rooms
from storage.database import Reader
from storage.event_log import LogEntry

Show = Callable[[Reader, str, Sequence[LogEntry]], Awaitable[list[bytes]]]

WITHHELD = b'{"type":"withheld"}'
# Which host is at which question is for hosts.
_CLAIMED = QuestionClaimed.__struct_config__.tag


async def join_gathering(tx: Reader, actor: Actor, gathering_id: int) -> str:
    """The audience somebody belongs to at a gathering, or `NotFound`."""
    await get_gathering(tx, GatheringId(gathering_id))
    return "host" if actor.hosts_at(GatheringId(gathering_id)) else "all"


async def join_room(tx: Reader, actor: Actor, room_id: int) -> str:
    """The audience somebody belongs to in a room, or `NotFound`; visitors may listen."""
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    return "host" if actor.hosts_at(room.gathering_id) else "all"


async def show_gathering(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Events of a gathering, with what they name; what is not for everyone is shown to its hosts."""
    viewer = VISITOR
    if audience == "host":
        viewer = host_at(GatheringId(entries[0].event["gathering_id"]))
    shown = await rooms.find_rooms(tx, viewer, _named(entries, "room_id"))
    sessions = await find_sessions(tx, viewer, _named(entries, "session_id"))
    announced = [entry for entry in entries if not entry.event.keys() & {"room_id", "session_id"}]
    gatherings = await find_gatherings(tx, _named(announced, "gathering_id"))
    told: list[bytes] = []
    for entry in entries:
        if "room_id" in entry.event:
            told.append(_tell(entry.event, room=shown.get(entry.event["room_id"])))
        elif "session_id" in entry.event:
            told.append(_tell(entry.event, session=sessions.get(entry.event["session_id"])))
        else:
            told.append(_tell(entry.event, gathering=gatherings.get(entry.event["gathering_id"])))
    return told


async def show_room(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Events of one room: what they name, as it is now, each kind shown by the module it belongs to."""
    told: dict[int, bytes] = {}
    for name, show in _SHOW.items():
        if named := [entry for entry in entries if name in entry.event]:
            told.update(zip((entry.seq for entry in named), await show(tx, audience, named), strict=True))
    if moved := [entry for entry in entries if entry.seq not in told]:
        rooms_now = await rooms.find_rooms_for_listeners(tx, _named(moved, "room_id"))
        told.update(
            (entry.seq, _tell(entry.event, room=rooms_now.get(entry.event["room_id"]))) for entry in moved
        )
    return [told[entry.seq] for entry in entries]


async def _show_questions(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """A question, with the room's counts as they are now."""
    room_id = RoomId(entries[0].event["room_id"])
    found, counts = await show_questions_to_audience(tx, room_id, _named(entries, "question_id"), audience)
    return [
        WITHHELD
        if entry.event["type"] == _CLAIMED and audience != "host"
        else _tell(entry.event, question=found.get(entry.event["question_id"]), counts=counts)
        for entry in entries
    ]


async def _show_notices(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """A notice, with the columns and their counts as they are now."""
    found = await find_notices(tx, _named(entries, "notice_id"), audience)
    columns = await list_columns(tx, RoomId(entries[0].event["room_id"]))
    return [
        _tell(entry.event, notice=found.get(entry.event["notice_id"]), columns=columns) for entry in entries
    ]


async def _show_columns(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    columns = await list_columns(tx, RoomId(entries[0].event["room_id"]))
    return [_tell(entry.event, columns=columns) for entry in entries]


async def _show_polls(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    found = await find_polls(tx, _named(entries, "poll_id"), audience, entries[0].event["room_id"])
    return [_tell(entry.event, poll=found.get(entry.event["poll_id"])) for entry in entries]


# By what their events name.
_SHOW: Mapping[str, Show] = {
    "question_id": _show_questions,
    "notice_id": _show_notices,
    "column_id": _show_columns,
    "poll_id": _show_polls,
}


async def room_signals(tx: Reader, audience: str, room_id: int) -> list[bytes]:
    """The votes of all live questions, and how open polls stand."""
    counted = await count_open_votes(tx, RoomId(room_id))
    votes = {str(question): count for question, count in counted.items()}
    polls = await read_open_poll_signal(tx, RoomId(room_id))
    signals = [{"type": "votes", "votes": votes}, *([polls] if polls else [])]
    return [msgspec.json.encode(signal) for signal in signals]


def _named(entries: Sequence[LogEntry], name: str) -> list[int]:
    return sorted({entry.event[name] for entry in entries if name in entry.event})


def _tell(event: dict[str, Any], **shown: object) -> bytes:
    if any(value is None for value in shown.values()):
        return WITHHELD
    return msgspec.json.encode({"type": event["type"], **shown})
