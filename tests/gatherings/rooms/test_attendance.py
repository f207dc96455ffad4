"""Attendance and presence: attendance is recorded once per day, and presence is published without small cells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from typing import Any

import pytest

from core import clock
from core.actor import VISITOR, Actor
from core.ids import MemberId
from realtime import presence_reports
from realtime.bus import InProcessBus, Presence, merge
from realtime.channels import ChannelKind
from realtime.limits import Limits
from realtime.presence_reports import PresenceReports
from tests.support.rooms.open_room import OpenRoom, Person
from tests.support.service import Feed, raw_sql


@asynccontextmanager
async def in_the_room(
    open_room: OpenRoom, people: list[Person], url: str | None = None
) -> AsyncIterator[list[Feed]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                open_room.app.listening(f"room:{open_room.room}", person.token, url=url)
            )
            for person in people
        ]


async def attended(open_room: OpenRoom, count: int) -> list[tuple[int, date]]:
    """Return the recorded attendance as soon as it has the wanted number of rows."""
    async with asyncio.timeout(8):
        while True:
            rows = await raw_sql(open_room.db).fetch(
                "SELECT member_id, day FROM attendance WHERE room_id = $1 ORDER BY member_id", open_room.room
            )
            if len(rows) >= count:
                return [tuple(row) for row in rows]
            await asyncio.sleep(0.05)


async def presence(feed: Feed, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return what the presence signals from now on say together, as soon as that is as wanted.

    A signal that only counts leaves out groups that are as before."""
    shown: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while True:
            signal = (await feed.next("signal"))["signal"]
            if signal["type"] == "presence":
                shown |= signal
                if wanted(shown):
                    return shown


async def a_crowd(open_room: OpenRoom, count: int, group: str, **facts: Any) -> list[Person]:
    people = [await open_room.member() for _ in range(count)]
    facts = {"stakeholder_group": group, "sectors": ["mobility"]} | facts
    for person in people:
        for name, value in facts.items():
            await raw_sql(open_room.db).execute(
                f"UPDATE members SET {name} = $1 WHERE id = $2", value, person.id
            )
    return people


async def test_who_comes_is_noted_once_with_the_day(open_room: OpenRoom) -> None:
    anna, ben = await open_room.member(), await open_room.member()
    async with in_the_room(open_room, [anna, anna, ben, open_room.visitor]):
        rows = await attended(open_room, 2)
    async with in_the_room(open_room, [anna]):
        await asyncio.sleep(1.2)

    assert (
        rows == await attended(open_room, 2) == [(anna.id, clock.now().date()), (ben.id, clock.now().date())]
    )
    columns = await raw_sql(open_room.db).fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'attendance'"
    )
    assert {row["column_name"] for row in columns} == {"room_id", "member_id", "day"}, "never a finer time"


async def test_a_room_that_is_not_open_is_only_looked_at(open_room: OpenRoom) -> None:
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    early, late = await open_room.member(), await open_room.member()
    async with in_the_room(open_room, [early]):
        async with in_the_room(open_room, [late]):
            await asyncio.sleep(1.2)
            assert await attended(open_room, 0) == []
        # Who waits when it opens is there; who has left before was not.
        await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})
        assert [member for member, _ in await attended(open_room, 1)] == [early.id]
        async with in_the_room(open_room, [late]):
            assert [member for member, _ in await attended(open_room, 2)] == [early.id, late.id]


async def test_groups_and_sectors_of_those_here_are_told_where_enough_are(open_room: OpenRoom) -> None:
    industry = await a_crowd(open_room, 7, "industry-upstream")
    research = await a_crowd(open_room, 6, "academia")
    few = await a_crowd(open_room, 2, "finance")
    silent = await a_crowd(open_room, 5, "finance", public=[])
    async with in_the_room(open_room, [open_room.visitor]) as (feed,):
        async with in_the_room(open_room, industry + research):
            async with in_the_room(open_room, silent):
                # Two processes hear of each other's people one after the other: until then there are fewer groups.
                told = await presence(
                    feed, lambda signal: signal["here"] == 19 and len(signal.get("groups", ())) == 2
                )
                assert told["groups"] == {"industry-upstream": 7, "academia": 6}
                assert told["sectors"] == {"mobility": 13}, "what is kept back is not counted"
            async with in_the_room(open_room, few):
                # Two of finance are few, and the whole less the others would tell them: the next smallest goes too.
                told = await presence(
                    feed, lambda signal: "academia" not in signal.get("groups", {"academia": 1})
                )
                assert told["groups"] == {"industry-upstream": 7}
                async with in_the_room(open_room, [await open_room.member()]) as (late,):
                    shown = await presence(late, lambda signal: "groups" in signal)
                    assert shown["groups"] == {"industry-upstream": 7}
        left = await presence(feed, lambda signal: signal["here"] == 1 and signal.get("groups") == {})
        assert left["sectors"] == {}


async def test_a_signal_that_adds_is_added_up() -> None:
    one = {"type": "reactions", "adds": True, "counts": {"heart": 1, "laugh": 2}}
    two = {"type": "reactions", "adds": True, "counts": {"heart": 3}}

    assert merge(one, two) == {"type": "reactions", "adds": True, "counts": {"heart": 4, "laugh": 2}}


class Asked:
    """Presence reports that record what is announced and requested."""

    def __init__(self) -> None:
        self.come: list[dict[int, list[int]]] = []
        self.asked: list[list[int]] = []
        self.told: list[dict[str, Any]] = []
        kinds = {
            "room": ChannelKind(
                join=None, show=None, record_attendance=self._attended, describe_presence=self._present
            )
        }  # type: ignore[arg-type]
        limits = Limits(presence_report_every=0.2, heartbeat_every=60)
        self.presence_reports = PresenceReports(
            self,
            InProcessBus(),
            kinds,
            limits,
            lambda _, signal: self.told.append(dict(signal)),
            lambda: None,
        )  # type: ignore[arg-type]

    @asynccontextmanager
    async def read(self) -> AsyncIterator[None]:
        """No connection."""
        yield None

    async def _attended(self, _: Any, come: Any) -> None:
        self.come.append({room: list(members) for room, members in come.items()})

    async def _present(self, _: Any, room: int, members: Any) -> dict[str, Any]:
        self.asked.append(list(members))
        return {"groups": {"all": len(members)}}


async def test_nobody_new_means_nothing_is_asked_and_a_crowd_is_one_write() -> None:
    asked = Asked()
    people = [Actor(id=MemberId(number)) for number in range(1, 301)]
    for actor in [*people, *people, VISITOR]:
        asked.presence_reports.presence.join("room:7", actor)
    await asked.presence_reports.run_once()
    assert [list(come) for come in asked.come] == [[7]]
    assert len(asked.come[0][7]) == 300

    for _ in range(5):
        await asked.presence_reports.run_once()
        asked.presence_reports.presence.on_presence("other", Presence("room:7", (1, 2), 0))
    # A dropped line that comes back is nobody new, and leaves everybody where they were.
    asked.presence_reports.presence.leave("room:7", people[0])
    asked.presence_reports.presence.join("room:7", people[0])
    await asyncio.sleep(0.25)
    await asked.presence_reports.run_once()
    assert len(asked.come) == len(asked.asked) == 1


async def test_a_room_where_nobody_stands_on_this_process_is_not_looked_at() -> None:
    asked = Asked()
    asked.presence_reports.presence.on_presence("other", Presence("room:7", (1, 2, 3), 0))
    await asked.presence_reports.run_once()
    assert asked.asked == asked.come == []

    asked.presence_reports.presence.join("room:7", VISITOR)
    await asked.presence_reports.run_once()
    assert (asked.asked, asked.come) == ([[1, 2, 3]], [])


async def test_a_room_is_described_at_most_once_per_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(presence_reports, "monotonic", lambda: clock[0])
    asked = Asked()
    for number in range(1, 30):
        asked.presence_reports.presence.join("room:7", Actor(id=MemberId(number)))
        await asked.presence_reports.run_once()
    assert len(asked.asked) == 1
    clock[0] += 0.25
    await asked.presence_reports.run_once()
    assert len(asked.asked) == 2
    assert asked.presence_reports.current("room:7") == {"type": "presence", "here": 29, "groups": {"all": 29}}


async def test_another_day_and_an_opening_count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    asked.presence_reports.presence.join("room:7", Actor(id=MemberId(1)))
    await asked.presence_reports.run_once()
    asked.presence_reports.record_attendance_again("room:7")
    await asked.presence_reports.run_once()
    assert asked.come == [{7: [1]}, {7: [1]}]

    asked.presence_reports._day = date(2020, 1, 1)
    asked.presence_reports.send_heartbeat_soon()
    await asked.presence_reports.run_once()
    assert asked.come[2:] == [{7: [1]}]
