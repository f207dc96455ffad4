"""Reactions in a room: counted together, published at most twice a second, and stored nowhere."""

import asyncio
from collections import Counter
from time import monotonic

import pytest_asyncio

from tests.support.rooms.open_room import OpenRoom, make_open_room
from tests.support.service import Service, raw_sql


@pytest_asyncio.fixture
async def open_room(app: Service) -> OpenRoom:
    open_room = await make_open_room(app)
    await raw_sql(open_room.db).execute(
        "UPDATE rooms SET modules = '{questions,reactions}' WHERE id = $1", open_room.room
    )
    return open_room


async def test_who_may_react_and_to_what(open_room: OpenRoom) -> None:
    member, unproved = await open_room.member(), await open_room.member(verified=False)
    path = f"/rooms/{open_room.room}/reactions"

    assert (await member.post(path, {"kind": "applause"})).status_code == 204
    assert (await open_room.visitor.post(path, {"kind": "applause"})).status_code == 401
    assert (await unproved.post(path, {"kind": "applause"})).status_code == 403
    assert (await member.post(path, {"kind": "boo"})).status_code == 422
    assert (await member.post(f"/rooms/{2**40}/reactions", {"kind": "heart"})).status_code == 404
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    assert (await member.post(path, {"kind": "heart"})).json()["code"] == "room_not_open"
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})
    await raw_sql(open_room.db).execute("UPDATE rooms SET modules = '{questions}'")
    assert (await member.post(path, {"kind": "heart"})).json()["code"] == "module_off"


async def test_all_are_told_together_and_none_is_lost(open_room: OpenRoom) -> None:
    people = [await open_room.member() for _ in range(6)]
    before = await raw_sql(open_room.db).fetchval("SELECT sum(seq) FROM channels")
    async with open_room.app.listening(f"room:{open_room.room}") as feed:
        started = monotonic()
        for kind in ("applause", "heart", "applause", "laugh"):
            sent = await asyncio.gather(
                *(person.post(f"/rooms/{open_room.room}/reactions", {"kind": kind}) for person in people)
            )
            assert {answer.status_code for answer in sent} == {204}
        counted: Counter[str] = Counter()
        frames = 0
        while counted.total() < 24:
            signal = (await feed.next("signal"))["signal"]
            if signal["type"] == "reactions":
                assert signal["adds"] is True
                counted.update(signal["counts"])
                frames += 1
        took = monotonic() - started
    assert counted == {"applause": 12, "heart": 6, "laugh": 6}
    assert frames <= 2 + took / 0.5
    assert await raw_sql(open_room.db).fetchval("SELECT sum(seq) FROM channels") == before, (
        "nothing is written"
    )
