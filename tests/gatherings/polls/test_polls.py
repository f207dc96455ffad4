"""Polls: permissions, exact counts of ballots, and hidden results that stay hidden."""

import asyncio
from collections import Counter
from typing import Any, cast

import httpx2
import msgspec
import pytest
import pytest_asyncio

from core.actor import Actor
from core.ids import MemberId
from gatherings.channels import room_signals, show_room
from storage.statements import statement
from tests.support.rooms.live_room import Hall, Person, a_hall
from tests.support.service import Service

_MODULES = statement("UPDATE rooms SET modules = '{questions,polls}' WHERE id = :room")
_GROUP = statement(
    "UPDATE members SET stakeholder_group = :to, public = '{stakeholder_group}' WHERE id = :member"
)
_BALLOTS = statement("SELECT member_id, answer FROM ballots WHERE poll_id = :poll")
_PANEL = statement("UPDATE rooms SET writers = 'panel' WHERE id = :room")
_ERASE = statement("DELETE FROM ballots WHERE member_id = :member")
_MANY = statement("""
INSERT INTO members (handle, skeleton, display_name, email, email_verified_at, joined_at)
SELECT 'voter' || n, 'voter' || n, 'voter' || n, 'voter' || n || '@example.org', now(), now()
FROM generate_series(1, 500) AS n RETURNING id
""")

KINDS: dict[str, dict[str, Any]] = {
    "single": {"options": ["Audit", "Trace", "Talk"]},
    "several": {"options": ["Audit", "Trace", "Talk"], "settings": {"most": 2}},
    "ranked": {"options": ["Audit", "Trace", "Talk"]},
    "scale": {"settings": {"low": 1, "high": 5, "low_label": "not at all", "high_label": "fully"}},
    "words": {"settings": {"most": 2}},
}
GOOD: dict[str, Any] = {
    "single": 1,
    "several": [2, 0],
    "ranked": [1, 0],
    "scale": 4,
    "words": ["Cobalt", " ｃobalt", "Nickel"],
}
BAD: dict[str, list[Any]] = {
    "single": [3, -1, [1], ["Audit"], []],
    "several": [1, [], [0, 0], [0, 1, 2], [3], ["Audit"]],
    "ranked": [1, [], [0, 0], [-1], [0, 1, 2, 0], ["Audit"]],
    "scale": [0, 6, [3], ["3"]],
    "words": [1, [], [1], ["a", "b", "c"], ["  "], ["x" * 41]],
}


@pytest_asyncio.fixture
async def hall(app: Service) -> Hall:
    made = await a_hall(app)
    async with app.db.begin() as tx:
        await tx.run(_MODULES, room=made.room)
    return made


async def draft(hall: Hall, kind: str = "single", **facts: Any) -> dict[str, Any]:
    given = {"kind": kind, "title": "What first?"} | KINDS[kind] | facts
    made = await hall.host.post(f"/rooms/{hall.room}/polls", given)
    assert made.status_code == 201, made.text
    return cast(dict[str, Any], made.json())


async def move(who: Person, poll: dict[str, Any], state: str) -> httpx2.Response:
    return await who.put(f"/polls/{poll['id']}/state", {"state": state, "version": poll["version"]})


async def opened(hall: Hall, kind: str = "single", **facts: Any) -> dict[str, Any]:
    moved = await move(hall.host, await draft(hall, kind, **facts), "open")
    assert moved.status_code == 200, moved.text
    return cast(dict[str, Any], moved.json())


async def answer(who: Person, poll: dict[str, Any], given: Any) -> httpx2.Response:
    return await who.put(f"/polls/{poll['id']}/ballot", {"answer": given})


async def results(who: Person, poll: dict[str, Any]) -> httpx2.Response:
    return await who.get(f"/polls/{poll['id']}/results")


async def test_hosts_draft_change_and_delete_and_nobody_else_sees_a_draft(hall: Hall) -> None:
    path, member = f"/rooms/{hall.room}/polls", await hall.member()
    stranger = await hall.member(moderates=hall.sector_id)
    given = {"kind": "single", "title": "What first?", "options": ["Audit", "Trace"]}
    for who, status in ((hall.visitor, 401), (member, 403), (stranger, 403)):
        assert (await who.post(path, given)).status_code == status
    poll = await draft(hall)
    one = f"/polls/{poll['id']}"
    for who in (hall.visitor, member, stranger):
        assert (await who.get(path)).json()["items"] == []
        for answered in (
            await who.get(one),
            await results(who, poll),
        ):
            assert answered.status_code == 404
        signed_in = 404 if who.token else 401
        assert (await answer(who, poll, 1)).status_code == signed_in
        for refused in (
            await who.patch(one, {"title": "Mine"}),
            await who.delete(one),
            await move(who, poll, "open"),
        ):
            assert refused.status_code == 404
    changed = await hall.host.patch(one, {"title": "What next?", "by_group": True}, version=1)
    assert (changed.json()["title"], changed.json()["version"]) == ("What next?", 2)
    stale = await hall.host.patch(one, {"title": "What now?"}, version=1)
    assert (stale.status_code, stale.json()["current"]["title"]) == (412, "What next?")
    assert (await hall.host.delete(one)).status_code == 204
    assert (await hall.host.get(one)).status_code == 404


async def test_a_poll_goes_only_where_it_can(hall: Hall) -> None:
    poll, member = await draft(hall), await hall.member()
    assert (await move(hall.host, poll, "closed")).json()["code"] == "poll_cannot_move"
    await hall.host.put(f"/rooms/{hall.room}/state", {"state": "closed"})
    assert (await move(hall.host, poll, "open")).json()["code"] == "room_not_open"
    await hall.host.put(f"/rooms/{hall.room}/state", {"state": "open"})
    now = (await move(hall.host, poll, "open")).json()
    assert now["state"] == "open"
    stale = await move(hall.host, poll, "closed")
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]["version"]) == (
        409,
        "poll_moved",
        2,
    )
    assert (await move(member, now, "closed")).json()["code"] == "not_host"
    for refused in (
        await hall.host.patch(f"/polls/{poll['id']}", {"title": "Another"}),
        await hall.host.delete(f"/polls/{poll['id']}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "poll_begun")
    assert (await answer(member, now, 1)).status_code == 200
    closed = (await move(hall.host, now, "closed")).json()
    assert (await answer(member, now, 1)).json()["code"] == "poll_not_open"
    assert (await answer(member, now, None)).json()["code"] == "poll_not_open"
    assert (await move(hall.host, closed, "open")).json()["state"] == "open"
    assert (await answer(member, now, 2)).json()["ballots"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "single", "options": ["One"]},
        {"kind": "single", "options": ["One", " one "]},
        {"kind": "single", "options": ["One", "  "]},
        {"kind": "single", "options": ["One", "Two"], "settings": {"most": 2}},
        {"kind": "several", "options": ["One", "Two"], "settings": {"most": 3}},
        {"kind": "scale", "options": ["One", "Two"]},
        {"kind": "scale", "settings": {"low": 5, "high": 5}},
        {"kind": "scale", "settings": {"low": 0, "high": 100}},
        {"kind": "words", "settings": {"most": 20}},
        {"kind": "words", "by_group": True},
        {"kind": "ranked", "options": [str(n) for n in range(21)]},
    ],
)
async def test_what_is_no_poll(hall: Hall, wrong: dict[str, Any]) -> None:
    refused = await hall.host.post(f"/rooms/{hall.room}/polls", {"title": "What first?"} | wrong)
    assert refused.status_code == 422 and refused.json()["field"]


@pytest.mark.parametrize("kind", KINDS)
async def test_answers_are_set_changed_and_taken_back(hall: Hall, kind: str) -> None:
    poll, member = await opened(hall, kind), await hall.member()
    unverified, silenced = await hall.member(verified=False), await hall.member()
    assert (await answer(hall.visitor, poll, GOOD[kind])).status_code == 401
    assert (await answer(unverified, poll, GOOD[kind])).status_code == 403
    for wrong in BAD[kind]:
        refused = await answer(member, poll, wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_answer"), wrong
    assert (await silenced.get(f"/polls/{poll['id']}")).json()["my_answer"] is None
    for _ in range(2):
        content = (await answer(member, poll, GOOD[kind])).json()
        assert content["ballots"] == 1
    kept = {"several": [0, 2], "words": ["Cobalt", "Nickel"]}.get(kind, GOOD[kind])
    assert content["my_answer"] == (await member.get(f"/polls/{poll['id']}")).json()["my_answer"] == kept
    assert (await hall.host.get(f"/polls/{poll['id']}")).json()["my_answer"] is None
    assert (await answer(member, poll, None)).json() == {"poll": poll["id"], "ballots": 0, "my_answer": None}
    assert (await results(hall.host, poll)).json()["ballots"] == 0


async def test_everyone_who_enters_answers_also_where_the_panel_writes(hall: Hall) -> None:
    poll, member = await opened(hall), await hall.member()
    async with hall.db.begin() as tx:
        await tx.run(_PANEL, room=hall.room)
    assert (await answer(member, poll, 0)).status_code == 200
    await hall.host.put(f"/rooms/{hall.room}/state", {"state": "closed"})
    assert (await answer(member, poll, 1)).json()["code"] == "room_not_open"


async def test_what_the_kinds_count(hall: Hall) -> None:
    people = [await hall.member() for _ in range(4)]
    expected: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "single": ([0, 1, 1, 2], {"counts": [1, 2, 1]}),
        "several": ([[0, 1], [1], [1, 2], [2]], {"counts": [1, 3, 2]}),
        "ranked": ([[0, 1, 2], [1, 0, 2], [1], [2, 1, 0]], {"counts": [1, 2, 1], "points": [3, 6, 2]}),
        "scale": ([1, 2, 5, 5], {"counts": [1, 1, 0, 0, 2], "mean": 3.25, "median": 3.5}),
    }
    for kind, (given, counted) in expected.items():
        poll = await opened(hall, kind)
        for who, one in zip(people, given, strict=True):
            assert (await answer(who, poll, one)).status_code == 200
        assert (await results(hall.host, poll)).json() == {"ballots": 4} | counted
        closed = (await move(hall.host, poll, "closed")).json()
        assert closed["results"] == (await results(hall.visitor, poll)).json() == {"ballots": 4} | counted


async def test_hidden_results_are_hidden_everywhere_until_closed(hall: Hall) -> None:
    canary = "Rhodochrosite"
    words, single = await opened(hall, "words"), await opened(hall, "single")
    member, other = await hall.member(), await hall.member()
    moderator = await hall.member(moderates=hall.sector_id)
    async with hall.app.listening(f"room:{hall.room}", after=0) as feed:
        await answer(member, words, [canary])
        await answer(member, single, 2)
        told = repr(feed.joined)
        for _ in range(2):
            told += repr(await feed.next("signal"))
        assert canary not in told and "counts" not in told
    for who in (hall.visitor, other, moderator):
        assert (await results(who, words)).json()["code"] == ("results_hidden")
        seen = [await who.get(f"/rooms/{hall.room}"), await who.get(f"/rooms/{hall.room}/polls")]
        seen += [await who.get(f"/polls/{words['id']}"), await who.get(f"/polls/{single['id']}")]
        if who.token:
            seen += [await answer(who, single, 0), await answer(who, single, None)]
        for page in seen:
            assert canary not in page.text and '"counts":[' not in page.text
        assert (await who.get(f"/polls/{words['id']}")).json()["results"] is None
    async with hall.db.read() as tx:
        for audience in ("all", "host"):
            events = await show_room(tx, audience, await hall.log(f"room:{hall.room}"))
            signals = await room_signals(tx, audience, hall.room)
            assert canary.encode() not in b"".join([*events, *signals])
    assert canary not in repr([entry.event for entry in await hall.log(f"room:{hall.room}")])
    assert canary in (await results(hall.host, words)).text
    assert canary in (await member.get(f"/polls/{words['id']}")).text
    await move(hall.host, words, "closed")
    assert (await results(hall.visitor, words)).json()["words"] == [{"word": canary, "count": 1, "forms": []}]
    assert canary in (await hall.visitor.get(f"/rooms/{hall.room}")).text


async def test_results_come_live_where_they_are_revealed(hall: Hall) -> None:
    poll, member = await opened(hall, "single", reveals="live"), await hall.member()
    async with hall.app.listening(f"room:{hall.room}", after=0) as feed:
        await answer(member, poll, 2)
        while (frame := await feed.next("signal"))["signal"]["type"] != "poll_results" or not (
            told := frame["signal"]["polls"][str(poll["id"])]
        )["ballots"]:
            pass
        assert told == {"ballots": 1, "results": {"ballots": 1, "counts": [0, 0, 1]}}
    assert (await results(hall.visitor, poll)).json()["counts"] == [0, 0, 1]


async def test_a_struck_word_is_out_and_can_be_put_back(hall: Hall) -> None:
    poll, single = await opened(hall, "words"), await opened(hall, "single")
    member, moderator = await hall.member(), await hall.member(moderates=hall.sector_id)
    await answer(member, poll, ["Straße", "fine"])
    path, why = f"/polls/{poll['id']}/struck/STRASSE", {"reason": "Names a person."}
    for who, status in ((hall.visitor, 401), (member, 403)):
        assert (await who.put(path, why)).status_code == status
        assert (await who.delete(path)).status_code == status
    assert (await moderator.put(path, {"reason": " "})).json()["code"] == "empty_strike_reason"
    assert (await hall.host.put(f"/polls/{single['id']}/struck/x", why)).json()["code"] == "no_words_here"
    for _ in range(2):
        assert (await moderator.put(path, why)).status_code == 204
    seen = (await results(hall.host, poll)).json()
    assert ([group["word"] for group in seen["words"]], seen["struck"]) == (["fine"], 1)
    assert seen["struck_words"] == [{"word": "strasse", "reason": "Names a person."}]
    now = (await hall.host.get(f"/polls/{poll['id']}")).json()
    closed = (await move(hall.host, now, "closed")).json()
    assert [group["word"] for group in closed["results"]["words"]] == ["fine"]
    assert "Names a person" not in (await results(member, poll)).text
    assert (await hall.host.delete(path)).status_code == 204
    assert len((await results(member, poll)).json()["words"]) == 2


async def _many(hall: Hall) -> list[int]:
    async with hall.db.begin() as tx:
        return [row["id"] for row in await tx.rows(_MANY)]


async def test_five_hundred_at_once_are_counted_exactly_and_may_change_their_minds(hall: Hall) -> None:
    poll, other, writer = await opened(hall), await opened(hall, "scale"), hall.app.houses[0].ballots
    actors = [the_voter(member) for member in await _many(hall)]
    given = [
        writer.set_ballot(actor, poll["id"], choice)
        for turn in range(3)
        for choice, actor in ((((number + turn) % 3), actor) for number, actor in enumerate(actors))
    ] + [writer.set_ballot(actor, other["id"], 5) for actor in actors]
    await asyncio.gather(*given)
    closed = (await move(hall.host, poll, "closed")).json()

    expected = Counter((number + 2) % 3 for number in range(500))
    assert closed["results"] == {"ballots": 500, "counts": [expected[place] for place in range(3)]}
    assert (await results(hall.host, other)).json()["counts"] == [0, 0, 0, 0, 500]


def the_voter(member: int) -> Actor:
    return Actor(id=MemberId(member), is_verified=True)


@pytest.mark.parametrize("turns", [1, 20, 120])
async def test_none_is_counted_after_closing(hall: Hall, turns: int) -> None:
    poll, writer = await opened(hall), hall.app.houses[0].ballots
    actors = [the_voter(member) for member in (await _many(hall))[:200]]

    async def close() -> httpx2.Response:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await move(hall.host, poll, "closed")

    answers, closed = await asyncio.gather(
        asyncio.gather(
            *(writer.set_ballot(actor, poll["id"], 1) for actor in actors), return_exceptions=True
        ),
        close(),
    )
    taken = [one for one in answers if not isinstance(one, BaseException)]
    async with hall.db.read() as tx:
        rows = await tx.rows(_BALLOTS, poll=poll["id"])
    assert closed.json()["results"]["ballots"] == len(taken) == len(rows)
    assert {type(one).__name__ for one in answers} <= {"BallotSet", "PollNotOpen"}


async def test_the_split_tells_no_cell_under_five_and_is_not_told_twice(hall: Hall) -> None:
    poll, members = await opened(hall, by_group=True), (await _many(hall))[:44]
    groups = ["industry"] * 20 + ["audit"] * 12 + ["ngo"] * 3 + [None] * 9
    writer = hall.app.houses[0].ballots
    async with hall.db.begin() as tx:
        for member, group in zip(members, groups, strict=True):
            await tx.run(_GROUP, member=member, to=group)
    for number, member in enumerate(members):
        await writer.set_ballot(the_voter(member), poll["id"], number % 2)
    assert "groups" not in (await results(hall.host, poll)).json()
    closed = (await move(hall.host, poll, "closed")).json()
    told = closed["results"]["groups"]
    assert told == {"industry": [10, 10, None], "audit": [6, 6, None], "ngo": [None, None, None]}
    async with hall.db.begin() as tx:
        await tx.run(_GROUP, member=members[0], to="ngo")
        await tx.run(_ERASE, member=members[1])
    assert (await hall.visitor.get(f"/polls/{poll['id']}")).json()["results"] == closed["results"]
    again = (await move(hall.host, closed, "open")).json()
    assert (again["by_group"], again["results"]) == (False, None)
    assert "groups" not in (await move(hall.host, again, "closed")).json()["results"]


@pytest.mark.parametrize("viewer", ["all", "host"])
async def test_old_snapshot_and_events_make_the_fresh_one(hall: Hall, viewer: str) -> None:
    member = await hall.member()
    who = hall.host if viewer == "host" else await hall.member()
    snapshots = [(await who.get(f"/rooms/{hall.room}")).json()]

    async def look() -> None:
        snapshots.append((await who.get(f"/rooms/{hall.room}")).json())

    kept, gone, live = (
        await draft(hall),
        await draft(hall, "words"),
        await opened(hall, "words", reveals="live"),
    )
    await look()
    await hall.host.delete(f"/polls/{gone['id']}")
    changed = (await hall.host.patch(f"/polls/{kept['id']}", {"title": "What now?"})).json()
    await look()
    begun = (await move(hall.host, changed, "open")).json()
    await answer(member, begun, 1)
    await answer(member, live, ["Cobalt"])
    await look()
    closed = (await move(hall.host, begun, "closed")).json()
    await hall.host.put(f"/polls/{live['id']}/struck/cobalt", {"reason": "A test."})
    await look()
    again = (await move(hall.host, closed, "open")).json()
    await answer(member, again, 2)
    await draft(hall, "scale")
    await look()

    async with hall.db.read() as tx:
        for old in snapshots:
            entries = await hall.log(f"room:{hall.room}", old["stream"]["seq"])
            events = [msgspec.json.decode(told) for told in await show_room(tx, viewer, entries)]
            signals = [msgspec.json.decode(told) for told in await room_signals(tx, viewer, hall.room)]
            assert applied(old["polls"], events, signals) == snapshots[-1]["polls"]
    if viewer == "all":
        assert [poll["state"] for poll in snapshots[-1]["polls"]] == ["open", "open"]
    assert {entry.event["type"] for entry in await hall.log(f"room:{hall.room}")} >= {
        "poll_changed",
        "poll_opened",
        "poll_closed",
    }


def applied(polls: list[Any], events: list[Any], signals: list[Any]) -> list[Any]:
    """Apply an event or signal to the polls that a client has, as a client does."""
    known = {poll["id"]: poll for poll in polls}
    for event in events:
        if event["type"] == "withheld":
            continue
        poll = event["poll"]
        known[poll["id"]] = {"my_answer": None} | known.get(poll["id"], {}) | poll
        if poll["state"] == "deleted":
            del known[poll["id"]]
    for signal in signals:
        for number, stands in signal.get("polls", {}).items():
            known[int(number)] |= stands
    return [known[number] for number in sorted(known)]
