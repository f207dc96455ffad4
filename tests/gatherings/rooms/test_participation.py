"""Participation: the rules for writing in a room, and the facts that they need."""

from datetime import UTC, datetime, timedelta

import pytest

from core.actor import VISITOR, Actor
from core.errors import Refusal, SignInFirst
from core.ids import RoomId
from gatherings.policy_rooms import (
    ModuleOff,
    NoQuestionsHere,
    PanelOnly,
    RoomNotOpen,
    SilencedHere,
    TooSoon,
    WriterFacts,
    ensure_can_write,
)
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from tests.support.rooms.open_room import OpenRoom, the_actor
from tests.support.rooms.room_facts import HOST, MEMBER, NOON, a_room
from tests.support.service import raw_sql

JUST_NOW = WriterFacts(last_wrote_at=NOON - timedelta(seconds=20))


@pytest.mark.parametrize(
    ("actor", "facts", "module", "writer", "refusal"),
    [
        (VISITOR, {}, "questions", WriterFacts(), SignInFirst),
        (MEMBER, {"state": "closed"}, "questions", WriterFacts(), RoomNotOpen),
        (HOST, {"state": "planned"}, "polls", WriterFacts(), RoomNotOpen),
        (MEMBER, {"modules": []}, "questions", WriterFacts(), NoQuestionsHere),
        (HOST, {"modules": ["questions"]}, "board", WriterFacts(), ModuleOff),
        (MEMBER, {}, "questions", WriterFacts(is_muted=True), SilencedHere),
        (MEMBER, {"modules": ["polls"]}, "polls", WriterFacts(is_muted=True), SilencedHere),
        (MEMBER, {"writers": "panel"}, "questions", WriterFacts(), PanelOnly),
        (MEMBER, {"slow_seconds": 30}, "questions", JUST_NOW, TooSoon),
    ],
)
def test_who_cannot_write(
    actor: Actor, facts: dict[str, object], module: str, writer: WriterFacts, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        ensure_can_write(actor, a_room(**facts), module, writer, NOON)


@pytest.mark.parametrize(
    ("actor", "facts", "module", "writer"),
    [
        (MEMBER, {}, "questions", WriterFacts()),
        (MEMBER, {"state": "planned", "modules": ["board"]}, "board", WriterFacts()),
        (MEMBER, {"state": "closed", "modules": ["board"]}, "board", WriterFacts()),
        (MEMBER, {"writers": "panel"}, "questions", WriterFacts(is_on_panel=True)),
        (MEMBER, {"writers": "panel", "modules": ["polls"]}, "polls", WriterFacts()),
        (HOST, {"writers": "panel", "slow_seconds": 30}, "questions", JUST_NOW),
        (MEMBER, {"slow_seconds": 20}, "questions", JUST_NOW),
        (MEMBER, {"slow_seconds": 30, "modules": ["polls"]}, "polls", JUST_NOW),
    ],
)
def test_who_can_write(actor: Actor, facts: dict[str, object], module: str, writer: WriterFacts) -> None:
    ensure_can_write(actor, a_room(**facts), module, writer, NOON)


async def test_how_long_to_wait_in_slow_mode_is_told() -> None:
    with pytest.raises(TooSoon) as told:
        ensure_can_write(MEMBER, a_room(slow_seconds=30), "questions", JUST_NOW, NOON)
    assert told.value.retry_after == 10


async def test_what_the_rules_look_at_in_a_writer(open_room: OpenRoom) -> None:
    member, unnamed = await open_room.member(), await open_room.member()
    await raw_sql(open_room.db).execute("UPDATE rooms SET slow_seconds = 30 WHERE id = $1", open_room.room)
    await raw_sql(open_room.db).execute(
        "INSERT INTO panelists (room_id, member_id) VALUES ($1, $2)", open_room.room, member.id
    )
    asked = await open_room.ask(member)
    await open_room.ask(unnamed, anonymous=True)

    async with open_room.db.read() as tx:
        actor, other = await the_actor(open_room.db, member), await the_actor(open_room.db, unnamed)
        room = await rooms.get_room(tx, actor, RoomId(open_room.room))
        first, second = await get_writer(tx, actor, room), await get_writer(tx, other, room)
        nobody = await get_writer(tx, VISITOR, room)

    assert (first.is_on_panel, first.is_muted) == (True, False)
    assert first.last_wrote_at == datetime.fromisoformat(asked["asked_at"])
    assert second.last_wrote_at is not None
    assert second.last_wrote_at > datetime.now(UTC) - timedelta(seconds=5)
    assert nobody == WriterFacts()
