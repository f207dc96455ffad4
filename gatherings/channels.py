"""The channels of gatherings and rooms: who can join them, and how their events are rendered, once per audience.

An event names rows by id. It is rendered with the current content of these rows, as the audience sees them.
"""

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

ShowEntries = Callable[[Reader, str, Sequence[LogEntry]], Awaitable[list[bytes]]]

WITHHELD = b'{"type":"withheld"}'
# Only hosts learn which host has claimed which question.
_CLAIM_TAG = QuestionClaimed.__struct_config__.tag


async def join_gathering(tx: Reader, actor: Actor, gathering_id: int) -> str:
    """Return the actor's audience in the channel of a gathering, `host` or `all`; raise NotFound."""
    await get_gathering(tx, GatheringId(gathering_id))
    return "host" if actor.hosts_at(GatheringId(gathering_id)) else "all"


async def join_room(tx: Reader, actor: Actor, room_id: int) -> str:
    """Return the actor's audience in the channel of a room, `host` or `all`; raise NotFound. Visitors can join too."""
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    return "host" if actor.hosts_at(room.gathering_id) else "all"


async def show_gathering(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the encoded events of one gathering for an audience; rooms and sessions that visitors cannot see are
    withheld from `all`."""
    viewer = VISITOR
    if audience == "host":
        viewer = host_at(GatheringId(entries[0].event["gathering_id"]))
    shown = await rooms.find_rooms(tx, viewer, _ids_of(entries, "room_id"))
    sessions = await find_sessions(tx, viewer, _ids_of(entries, "session_id"))
    announced = [entry for entry in entries if not entry.event.keys() & {"room_id", "session_id"}]
    gatherings = await find_gatherings(tx, _ids_of(announced, "gathering_id"))
    encoded: list[bytes] = []
    for entry in entries:
        if "room_id" in entry.event:
            encoded.append(_encode_event(entry.event, room=shown.get(entry.event["room_id"])))
        elif "session_id" in entry.event:
            encoded.append(_encode_event(entry.event, session=sessions.get(entry.event["session_id"])))
        else:
            encoded.append(_encode_event(entry.event, gathering=gatherings.get(entry.event["gathering_id"])))
    return encoded


async def show_room(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the encoded events of one room for an audience, in the order of the entries."""
    encoded: dict[int, bytes] = {}
    for name, show in _SHOW_BY_FIELD.items():
        if named := [entry for entry in entries if name in entry.event]:
            encoded.update(zip((entry.seq for entry in named), await show(tx, audience, named), strict=True))
    if room_events := [entry for entry in entries if entry.seq not in encoded]:
        rooms_now = await rooms.find_rooms_for_listeners(tx, _ids_of(room_events, "room_id"))
        encoded.update(
            (entry.seq, _encode_event(entry.event, room=rooms_now.get(entry.event["room_id"])))
            for entry in room_events
        )
    return [encoded[entry.seq] for entry in entries]


async def _show_questions(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Encode events with their question and the room's current counts."""
    room_id = RoomId(entries[0].event["room_id"])
    found, counts = await show_questions_to_audience(tx, room_id, _ids_of(entries, "question_id"), audience)
    return [
        WITHHELD
        if entry.event["type"] == _CLAIM_TAG and audience != "host"
        else _encode_event(entry.event, question=found.get(entry.event["question_id"]), counts=counts)
        for entry in entries
    ]


async def _show_notices(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Encode events with their notice and the columns with their current counts."""
    found = await find_notices(tx, _ids_of(entries, "notice_id"), audience)
    columns = await list_columns(tx, RoomId(entries[0].event["room_id"]))
    return [
        _encode_event(entry.event, notice=found.get(entry.event["notice_id"]), columns=columns)
        for entry in entries
    ]


async def _show_columns(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    columns = await list_columns(tx, RoomId(entries[0].event["room_id"]))
    return [_encode_event(entry.event, columns=columns) for entry in entries]


async def _show_polls(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    found = await find_polls(tx, _ids_of(entries, "poll_id"), audience, entries[0].event["room_id"])
    return [_encode_event(entry.event, poll=found.get(entry.event["poll_id"])) for entry in entries]


# How an event is rendered depends on which id it contains.
_SHOW_BY_FIELD: Mapping[str, ShowEntries] = {
    "question_id": _show_questions,
    "notice_id": _show_notices,
    "column_id": _show_columns,
    "poll_id": _show_polls,
}


async def room_signals(tx: Reader, audience: str, room_id: int) -> list[bytes]:
    """Return the encoded signals for a new subscriber of a room: the votes of open questions, and the open polls."""
    counted = await count_open_votes(tx, RoomId(room_id))
    votes = {str(question): count for question, count in counted.items()}
    polls = await read_open_poll_signal(tx, RoomId(room_id))
    signals = [{"type": "votes", "votes": votes}, *([polls] if polls else [])]
    return [msgspec.json.encode(signal) for signal in signals]


def _ids_of(entries: Sequence[LogEntry], name: str) -> list[int]:
    return sorted({entry.event[name] for entry in entries if name in entry.event})


def _encode_event(event: dict[str, Any], **shown: object) -> bytes:
    if any(value is None for value in shown.values()):
        return WITHHELD
    return msgspec.json.encode({"type": event["type"], **shown})
