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
from storage import pool
from storage.statements import statement
from tests.support.rooms.open_room import OpenRoom, Person, make_open_room
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
async def open_room(app: Service) -> OpenRoom:
    made = await make_open_room(app)
    async with app.db.begin() as tx:
        await tx.run(_MODULES, room=made.room)
    return made


async def draft(open_room: OpenRoom, kind: str = "single", **facts: Any) -> dict[str, Any]:
    given = {"kind": kind, "title": "What first?"} | KINDS[kind] | facts
    made = await open_room.host.post(f"/rooms/{open_room.room}/polls", given)
    assert made.status_code == 201, made.text
    return cast(dict[str, Any], made.json())


async def move(who: Person, poll: dict[str, Any], state: str) -> httpx2.Response:
    return await who.put(f"/polls/{poll['id']}/state", {"state": state, "version": poll["version"]})


async def opened(open_room: OpenRoom, kind: str = "single", **facts: Any) -> dict[str, Any]:
    moved = await move(open_room.host, await draft(open_room, kind, **facts), "open")
    assert moved.status_code == 200, moved.text
    return cast(dict[str, Any], moved.json())


async def answer(who: Person, poll: dict[str, Any], given: Any) -> httpx2.Response:
    return await who.put(f"/polls/{poll['id']}/ballot", {"answer": given})


async def results(who: Person, poll: dict[str, Any]) -> httpx2.Response:
    return await who.get(f"/polls/{poll['id']}/results")


async def test_hosts_draft_change_and_delete_and_nobody_else_sees_a_draft(open_room: OpenRoom) -> None:
    path, member = f"/rooms/{open_room.room}/polls", await open_room.member()
    stranger = await open_room.member(moderates=open_room.sector_id)
    given = {"kind": "single", "title": "What first?", "options": ["Audit", "Trace"]}
    for who, status in ((open_room.visitor, 401), (member, 403), (stranger, 403)):
        assert (await who.post(path, given)).status_code == status
    poll = await draft(open_room)
    one = f"/polls/{poll['id']}"
    for who in (open_room.visitor, member, stranger):
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
    changed = await open_room.host.patch(one, {"title": "What next?", "by_group": True}, version=1)
    assert (changed.json()["title"], changed.json()["version"]) == ("What next?", 2)
    stale = await open_room.host.patch(one, {"title": "What now?"}, version=1)
    assert (stale.status_code, stale.json()["current"]["title"]) == (412, "What next?")
    assert (await open_room.host.delete(one)).status_code == 204
    assert (await open_room.host.get(one)).status_code == 404


async def test_a_poll_goes_only_where_it_can(open_room: OpenRoom) -> None:
    poll, member = await draft(open_room), await open_room.member()
    assert (await move(open_room.host, poll, "closed")).json()["code"] == "poll_cannot_move"
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    assert (await move(open_room.host, poll, "open")).json()["code"] == "room_not_open"
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})
    now = (await move(open_room.host, poll, "open")).json()
    assert now["state"] == "open"
    stale = await move(open_room.host, poll, "closed")
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]["version"]) == (
        409,
        "poll_moved",
        2,
    )
    assert (await move(member, now, "closed")).json()["code"] == "not_host"
    for refused in (
        await open_room.host.patch(f"/polls/{poll['id']}", {"title": "Another"}),
        await open_room.host.delete(f"/polls/{poll['id']}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "poll_begun")
    assert (await answer(member, now, 1)).status_code == 200
    closed = (await move(open_room.host, now, "closed")).json()
    assert (await answer(member, now, 1)).json()["code"] == "poll_not_open"
    assert (await answer(member, now, None)).json()["code"] == "poll_not_open"
    assert (await move(open_room.host, closed, "open")).json()["state"] == "open"
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
async def test_what_is_no_poll(open_room: OpenRoom, wrong: dict[str, Any]) -> None:
    refused = await open_room.host.post(f"/rooms/{open_room.room}/polls", {"title": "What first?"} | wrong)
    assert refused.status_code == 422 and refused.json()["field"]


@pytest.mark.parametrize("kind", KINDS)
async def test_answers_are_set_changed_and_taken_back(open_room: OpenRoom, kind: str) -> None:
    poll, member = await opened(open_room, kind), await open_room.member()
    unverified, silenced = await open_room.member(verified=False), await open_room.member()
    assert (await answer(open_room.visitor, poll, GOOD[kind])).status_code == 401
    assert (await answer(unverified, poll, GOOD[kind])).status_code == 403
    for wrong in BAD[kind]:
        refused = await answer(member, poll, wrong)
        code = "nothing_visible" if wrong == ["  "] else "bad_answer"
        assert (refused.status_code, refused.json()["code"]) == (422, code), wrong
    assert (await silenced.get(f"/polls/{poll['id']}")).json()["my_answer"] is None
    for _ in range(2):
        content = (await answer(member, poll, GOOD[kind])).json()
        assert content["ballots"] == 1
    kept = {"several": [0, 2], "words": ["Cobalt", "Nickel"]}.get(kind, GOOD[kind])
    assert content["my_answer"] == (await member.get(f"/polls/{poll['id']}")).json()["my_answer"] == kept
    assert (await open_room.host.get(f"/polls/{poll['id']}")).json()["my_answer"] is None
    assert (await answer(member, poll, None)).json() == {"poll": poll["id"], "ballots": 0, "my_answer": None}
    assert (await results(open_room.host, poll)).json()["ballots"] == 0


async def test_everyone_who_enters_answers_also_where_the_panel_writes(open_room: OpenRoom) -> None:
    poll, member = await opened(open_room), await open_room.member()
    async with open_room.db.begin() as tx:
        await tx.run(_PANEL, room=open_room.room)
    assert (await answer(member, poll, 0)).status_code == 200
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    assert (await answer(member, poll, 1)).json()["code"] == "room_not_open"


async def test_what_the_kinds_count(open_room: OpenRoom) -> None:
    people = [await open_room.member() for _ in range(4)]
    expected: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "single": ([0, 1, 1, 2], {"counts": [1, 2, 1]}),
        "several": ([[0, 1], [1], [1, 2], [2]], {"counts": [1, 3, 2]}),
        "ranked": ([[0, 1, 2], [1, 0, 2], [1], [2, 1, 0]], {"counts": [1, 2, 1], "points": [3, 6, 2]}),
        "scale": ([1, 2, 5, 5], {"counts": [1, 1, 0, 0, 2], "mean": 3.25, "median": 3.5}),
    }
    for kind, (given, counted) in expected.items():
        poll = await opened(open_room, kind)
        for who, one in zip(people, given, strict=True):
            assert (await answer(who, poll, one)).status_code == 200
        assert (await results(open_room.host, poll)).json() == {"ballots": 4} | counted
        closed = (await move(open_room.host, poll, "closed")).json()
        assert (
            closed["results"] == (await results(open_room.visitor, poll)).json() == {"ballots": 4} | counted
        )


async def test_hidden_results_are_hidden_everywhere_until_closed(open_room: OpenRoom) -> None:
    canary = "Rhodochrosite"
    words, single = await opened(open_room, "words"), await opened(open_room, "single")
    member, other = await open_room.member(), await open_room.member()
    moderator = await open_room.member(moderates=open_room.sector_id)
    async with open_room.app.listening(f"room:{open_room.room}", after=0) as feed:
        await answer(member, words, [canary])
        await answer(member, single, 2)
        told = repr(feed.joined)
        for _ in range(2):
            told += repr(await feed.next("signal"))
        assert canary not in told and "counts" not in told
    for who in (open_room.visitor, other, moderator):
        assert (await results(who, words)).json()["code"] == ("results_hidden")
        seen = [await who.get(f"/rooms/{open_room.room}"), await who.get(f"/rooms/{open_room.room}/polls")]
        seen += [await who.get(f"/polls/{words['id']}"), await who.get(f"/polls/{single['id']}")]
        if who.token:
            seen += [await answer(who, single, 0), await answer(who, single, None)]
        for page in seen:
            assert canary not in page.text and '"counts":[' not in page.text
        assert (await who.get(f"/polls/{words['id']}")).json()["results"] is None
    async with open_room.db.read() as tx:
        for audience in ("all", "host"):
            events = await show_room(tx, audience, await open_room.log(f"room:{open_room.room}"))
            signals = await room_signals(tx, audience, open_room.room)
            assert canary.encode() not in b"".join([*events, *signals])
    assert canary not in repr([entry.event for entry in await open_room.log(f"room:{open_room.room}")])
    assert canary in (await results(open_room.host, words)).text
    assert canary in (await member.get(f"/polls/{words['id']}")).text
    await move(open_room.host, words, "closed")
    assert (await results(open_room.visitor, words)).json()["words"] == [
        {"word": canary, "count": 1, "forms": []}
    ]
    assert canary in (await open_room.visitor.get(f"/rooms/{open_room.room}")).text


async def test_results_come_live_where_they_are_revealed(open_room: OpenRoom) -> None:
    poll, member = await opened(open_room, "single", reveals="live"), await open_room.member()
    async with open_room.app.listening(f"room:{open_room.room}", after=0) as feed:
        await answer(member, poll, 2)
        while (frame := await feed.next("signal"))["signal"]["type"] != "poll_results" or not (
            told := frame["signal"]["polls"][str(poll["id"])]
        )["ballots"]:
            pass
        assert told == {"ballots": 1, "results": {"ballots": 1, "counts": [0, 0, 1]}}
    assert (await results(open_room.visitor, poll)).json()["counts"] == [0, 0, 1]


async def test_a_struck_word_is_out_and_can_be_put_back(open_room: OpenRoom) -> None:
    poll, single = await opened(open_room, "words"), await opened(open_room, "single")
    member, moderator = await open_room.member(), await open_room.member(moderates=open_room.sector_id)
    await answer(member, poll, ["Straße", "fine"])
    path, why = f"/polls/{poll['id']}/struck/STRASSE", {"reason": "Names a person."}
    for who, status in ((open_room.visitor, 401), (member, 403)):
        assert (await who.put(path, why)).status_code == status
        assert (await who.delete(path)).status_code == status
    assert (await moderator.put(path, {"reason": " "})).json()["code"] == "nothing_visible"
    assert (await open_room.host.put(f"/polls/{single['id']}/struck/x", why)).json()[
        "code"
    ] == "no_words_here"
    for _ in range(2):
        assert (await moderator.put(path, why)).status_code == 204
    seen = (await results(open_room.host, poll)).json()
    assert ([group["word"] for group in seen["words"]], seen["struck"]) == (["fine"], 1)
    assert seen["struck_words"] == [{"word": "strasse", "reason": "Names a person."}]
    now = (await open_room.host.get(f"/polls/{poll['id']}")).json()
    closed = (await move(open_room.host, now, "closed")).json()
    assert [group["word"] for group in closed["results"]["words"]] == ["fine"]
    assert "Names a person" not in (await results(member, poll)).text
    assert (await open_room.host.delete(path)).status_code == 204
    assert len((await results(member, poll)).json()["words"]) == 2


async def _many(open_room: OpenRoom) -> list[int]:
    async with open_room.db.begin() as tx:
        return [row["id"] for row in await tx.rows(_MANY)]


async def test_five_hundred_at_once_are_counted_exactly_and_may_change_their_minds(
    open_room: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine some would be refused (503) and try again; here each is counted at the first attempt.
    monkeypatch.setattr(pool, "ACQUIRE_TIMEOUT", 60.0)
    poll, other, writer = (
        await opened(open_room),
        await opened(open_room, "scale"),
        open_room.app.contexts[0].ballots,
    )
    actors = [the_voter(member) for member in await _many(open_room)]
    given = [
        writer.set_ballot(actor, poll["id"], choice)
        for turn in range(3)
        for choice, actor in ((((number + turn) % 3), actor) for number, actor in enumerate(actors))
    ] + [writer.set_ballot(actor, other["id"], 5) for actor in actors]
    await asyncio.gather(*given)
    closed = (await move(open_room.host, poll, "closed")).json()

    expected = Counter((number + 2) % 3 for number in range(500))
    assert closed["results"] == {"ballots": 500, "counts": [expected[place] for place in range(3)]}
    assert (await results(open_room.host, other)).json()["counts"] == [0, 0, 0, 0, 500]


def the_voter(member: int) -> Actor:
    return Actor(id=MemberId(member), is_verified=True)


@pytest.mark.parametrize("turns", [1, 20, 120])
async def test_none_is_counted_after_closing(open_room: OpenRoom, turns: int) -> None:
    poll, writer = await opened(open_room), open_room.app.contexts[0].ballots
    actors = [the_voter(member) for member in (await _many(open_room))[:200]]

    async def close() -> httpx2.Response:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await move(open_room.host, poll, "closed")

    answers, closed = await asyncio.gather(
        asyncio.gather(
            *(writer.set_ballot(actor, poll["id"], 1) for actor in actors), return_exceptions=True
        ),
        close(),
    )
    taken = [one for one in answers if not isinstance(one, BaseException)]
    async with open_room.db.read() as tx:
        rows = await tx.rows(_BALLOTS, poll=poll["id"])
    assert closed.json()["results"]["ballots"] == len(taken) == len(rows)
    assert {type(one).__name__ for one in answers} <= {"BallotSet", "PollNotOpen"}


async def test_the_split_tells_no_cell_under_five_and_is_not_told_twice(open_room: OpenRoom) -> None:
    poll, members = await opened(open_room, by_group=True), (await _many(open_room))[:44]
    groups = ["industry"] * 20 + ["audit"] * 12 + ["ngo"] * 3 + [None] * 9
    writer = open_room.app.contexts[0].ballots
    async with open_room.db.begin() as tx:
        for member, group in zip(members, groups, strict=True):
            await tx.run(_GROUP, member=member, to=group)
    for number, member in enumerate(members):
        await writer.set_ballot(the_voter(member), poll["id"], number % 2)
    assert "groups" not in (await results(open_room.host, poll)).json()
    closed = (await move(open_room.host, poll, "closed")).json()
    told = closed["results"]["groups"]
    assert told == {"industry": [10, 10, None], "audit": [6, 6, None], "ngo": [None, None, None]}
    async with open_room.db.begin() as tx:
        await tx.run(_GROUP, member=members[0], to="ngo")
        await tx.run(_ERASE, member=members[1])
    assert (await open_room.visitor.get(f"/polls/{poll['id']}")).json()["results"] == closed["results"]
    again = (await move(open_room.host, closed, "open")).json()
    assert (again["by_group"], again["results"]) == (False, None)
    assert "groups" not in (await move(open_room.host, again, "closed")).json()["results"]


@pytest.mark.parametrize("viewer", ["all", "host"])
async def test_an_old_snapshot_plus_events_equals_a_new_snapshot(open_room: OpenRoom, viewer: str) -> None:
    member = await open_room.member()
    who = open_room.host if viewer == "host" else await open_room.member()
    snapshots = [(await who.get(f"/rooms/{open_room.room}")).json()]

    async def look() -> None:
        snapshots.append((await who.get(f"/rooms/{open_room.room}")).json())

    kept, gone, live = (
        await draft(open_room),
        await draft(open_room, "words"),
        await opened(open_room, "words", reveals="live"),
    )
    await look()
    await open_room.host.delete(f"/polls/{gone['id']}")
    changed = (await open_room.host.patch(f"/polls/{kept['id']}", {"title": "What now?"})).json()
    await look()
    begun = (await move(open_room.host, changed, "open")).json()
    await answer(member, begun, 1)
    await answer(member, live, ["Cobalt"])
    await look()
    closed = (await move(open_room.host, begun, "closed")).json()
    await open_room.host.put(f"/polls/{live['id']}/struck/cobalt", {"reason": "A test."})
    await look()
    again = (await move(open_room.host, closed, "open")).json()
    await answer(member, again, 2)
    await draft(open_room, "scale")
    await look()

    async with open_room.db.read() as tx:
        for old in snapshots:
            entries = await open_room.log(f"room:{open_room.room}", old["stream"]["seq"])
            events = [msgspec.json.decode(told) for told in await show_room(tx, viewer, entries)]
            signals = [msgspec.json.decode(told) for told in await room_signals(tx, viewer, open_room.room)]
            assert applied(old["polls"], events, signals) == snapshots[-1]["polls"]
    if viewer == "all":
        assert [poll["state"] for poll in snapshots[-1]["polls"]] == ["open", "open"]
    assert {entry.event["type"] for entry in await open_room.log(f"room:{open_room.room}")} >= {
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
