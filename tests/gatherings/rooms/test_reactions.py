"""Reactions in a room: counted together, published at most twice a second, and stored nowhere."""

import asyncio
from collections import Counter
from time import monotonic

import pytest_asyncio

from tests.support.rooms.live_room import Hall, a_hall
from tests.support.service import Service, plain


@pytest_asyncio.fixture
async def hall(app: Service) -> Hall:
    hall = await a_hall(app)
    await plain(hall.db).execute(
        "UPDATE rooms SET modules = '{questions,reactions}' WHERE id = $1", hall.room
    )
    return hall


async def test_who_may_react_and_to_what(hall: Hall) -> None:
    member, unproved = await hall.member(), await hall.member(verified=False)
    path = f"/rooms/{hall.room}/reactions"

    assert (await member.post(path, {"kind": "applause"})).status_code == 204
    assert (await hall.visitor.post(path, {"kind": "applause"})).status_code == 401
    assert (await unproved.post(path, {"kind": "applause"})).status_code == 403
    assert (await member.post(path, {"kind": "boo"})).status_code == 422
    assert (await member.post(f"/rooms/{2**40}/reactions", {"kind": "heart"})).status_code == 404
    await hall.host.put(f"/rooms/{hall.room}/state", {"state": "closed"})
    assert (await member.post(path, {"kind": "heart"})).json()["code"] == "room_not_open"
    await hall.host.put(f"/rooms/{hall.room}/state", {"state": "open"})
    await plain(hall.db).execute("UPDATE rooms SET modules = '{questions}'")
    assert (await member.post(path, {"kind": "heart"})).json()["code"] == "module_off"


async def test_all_are_told_together_and_none_is_lost(hall: Hall) -> None:
    people = [await hall.member() for _ in range(6)]
    before = await plain(hall.db).fetchval("SELECT sum(seq) FROM channels")
    async with hall.app.listening(f"room:{hall.room}") as feed:
        started = monotonic()
        for kind in ("applause", "heart", "applause", "laugh"):
            sent = await asyncio.gather(
                *(person.post(f"/rooms/{hall.room}/reactions", {"kind": kind}) for person in people)
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
    assert await plain(hall.db).fetchval("SELECT sum(seq) FROM channels") == before, "nothing is written"
