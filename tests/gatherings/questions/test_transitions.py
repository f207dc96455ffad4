"""Transitions of questions: which exist, how they are undone, and that no host's transition is lost."""

import asyncio
import random
from typing import Any

import pytest

from gatherings.questions.policy import TRANSITIONS
from tests.support.rooms.live_room import Hall, Person, a_hall
from tests.support.rooms.questions import moved, premoderate, shown
from tests.support.service import plain

STATES = list(TRANSITIONS)
HOW = {"dismissed": {"reason": "Not for here"}, "merged": {"into": 0}}


async def a_question_in(hall: Hall, asker: Person, state: str, other: dict[str, Any]) -> dict[str, Any]:
    await premoderate(hall, state == "pending")
    question = await hall.ask(asker, f"Now {state}?")
    await premoderate(hall, False)
    if state == "withdrawn":
        question = (await hall.settle(asker, question, "withdrawn")).json()
    elif state not in ("pending", "live"):
        more = {"into": other["id"]} if state == "merged" else {}
        question = await moved(hall, question, state, **more)
    return question


@pytest.mark.parametrize("old", STATES)
async def test_a_question_goes_where_the_table_says_and_nowhere_else(hall: Hall, old: str) -> None:
    asker = await hall.member()
    other = await hall.ask(asker, "The other one")
    for new in STATES:
        question = await a_question_in(hall, asker, old, other)
        who = asker if new == "withdrawn" else hall.host
        more = {"into": other["id"]} if new == "merged" else {}
        if old == new == "answered":
            more = {"answer": "And in writing"}
        if old == new == "shortlisted":
            more = {"place": 1}
        answer = await hall.settle(who, question, new, **more)
        # What was approved is in the topic and does not wait again.
        may = new in TRANSITIONS[old] and (new != "pending" or old == "pending")
        same = old == new and not more
        assert answer.status_code == (200 if may or old == new else 409), (old, new, answer.text)
        if not may and not same and old != new:
            assert answer.json()["code"] == "question_cannot_move"
            assert answer.json()["current"]["version"] == question["version"]
        if answer.status_code == 200:
            assert answer.json()["state"] == new
            assert answer.json()["version"] == question["version"] + (
                old != new or (bool(more) and new != "merged")
            )
    await ensure_counts(hall)


async def ensure_counts(hall: Hall) -> None:
    counted = await plain(hall.db).fetchrow("SELECT * FROM question_counts WHERE room_id = $1", hall.room)
    rows = await plain(hall.db).fetch(
        "SELECT state, count(*) FROM questions WHERE room_id = $1 GROUP BY state", hall.room
    )
    by_state = dict(tuple(row) for row in rows)
    for state in ("pending", "live", "shortlisted", "on_stage", "answered", "dismissed"):
        assert counted[state] == by_state.get(state, 0), state


async def test_one_is_on_stage_and_who_was_goes_back_to_the_shortlist(hall: Hall) -> None:
    asker = await hall.member()
    first, second = await hall.ask(asker), await hall.ask(asker)
    first = await moved(hall, first, "shortlisted")
    place = first["place"]
    first = await moved(hall, first, "on_stage")

    assert (await hall.visitor.get(f"/rooms/{hall.room}")).json()["stage"]["id"] == first["id"]
    await moved(hall, second, "on_stage")

    back = await shown(hall.host, first)
    assert (back["state"], back["place"], back["version"]) == ("shortlisted", place, first["version"] + 1)
    room = (await hall.visitor.get(f"/rooms/{hall.room}")).json()
    assert room["stage"]["id"] == second["id"]
    assert (room["counts"]["on_stage"], room["counts"]["shortlisted"]) == (1, 1)
    assert "pending" not in room["counts"]
    told = [entry.event for entry in await hall.log(f"room:{hall.room}")]
    assert [event["question_id"] for event in told if event["type"] == "question_settled"][-2:] == [
        first["id"],
        second["id"],
    ]


async def test_hosts_order_the_shortlist_by_hand(hall: Hall) -> None:
    asker = await hall.member()
    asked = [await moved(hall, await hall.ask(asker, f"{n}?"), "shortlisted") for n in range(4)]
    ids = [one["id"] for one in asked]

    for nth in (1, 3, 2, 1, 1, 4, 2, 9):
        one = await shown(hall.host, asked[-1])
        await moved(hall, one, "shortlisted", place=nth)
        ids.remove(one["id"])
        ids.insert(nth - 1, one["id"])
        items = (await hall.host.get(f"/rooms/{hall.room}/questions", state="shortlisted")).json()["items"]
        assert [one["id"] for one in sorted(items, key=lambda one: one["place"])] == ids
    for _ in range(14):  # until there is no room left between two, and all move apart
        one = await shown(hall.host, asked[_ % 2])
        await moved(hall, one, "shortlisted", place=2)
        ids.remove(one["id"])
        ids.insert(1, one["id"])
    items = (await hall.host.get(f"/rooms/{hall.room}/questions", state="shortlisted")).json()["items"]
    assert [one["id"] for one in sorted(items, key=lambda one: one["place"])] == ids


async def test_votes_of_merged_questions_are_united_per_person_and_go_apart_again_exactly(hall: Hall) -> None:
    askers = [await hall.member() for _ in range(3)]
    first, second, third = [await hall.ask(asker) for asker in askers]
    voters = [await hall.member() for _ in range(5)]
    for question, wanting in ((first, voters[:2]), (second, [*voters[1:4], askers[0]]), (third, voters[3:])):
        for voter in wanting:
            assert (await hall.vote(voter, question)).status_code == 200

    second = await moved(hall, second, "merged", into=first["id"])
    assert second["merged_into"] == first["id"]
    assert (await shown(hall.host, first))["votes"] == 4  # but not that of who asked it
    third = await moved(hall, third, "merged", into=first["id"])
    assert (await shown(hall.host, first))["votes"] == 5
    assert (await hall.vote(voters[4], second)).json()["code"] == "question_not_live"
    assert (await shown(voters[3], first))["my_vote"] == 1

    # Who votes for the whole stays; who no longer wants it is gone; who had voted for both is still there.
    assert (await hall.vote(voters[2], first)).json()["votes"] == 5
    assert (await hall.vote(voters[4], first, 0)).json()["votes"] == 4
    second = await moved(hall, second, "live")
    assert ((await shown(hall.host, first))["votes"], second["votes"]) == (4, 4)
    third = await moved(hall, third, "live")
    assert ((await shown(hall.host, first))["votes"], third["votes"]) == (3, 2)
    rows = await plain(hall.db).fetch(
        "SELECT question_id, count(*), count(via) FROM votes GROUP BY question_id ORDER BY question_id"
    )
    assert [tuple(row) for row in rows] == [(first["id"], 3, 0), (second["id"], 4, 0), (third["id"], 2, 0)]


async def test_what_cannot_be_merged(hall: Hall) -> None:
    asker = await hall.member()
    first, second, third = [await hall.ask(asker) for _ in range(3)]
    other = await a_hall(hall.app)
    elsewhere = await other.ask(asker)
    done = await moved(hall, await hall.ask(asker), "answered")

    for into in (first["id"], elsewhere["id"], done["id"], 999_999):
        refused = await hall.settle(hall.host, first, "merged", into=into)
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_merge_into")
    await moved(hall, second, "merged", into=first["id"])
    chained = await hall.settle(hall.host, first, "merged", into=third["id"])
    assert (chained.status_code, chained.json()["code"]) == (409, "others_merged_here")


async def test_an_answer_in_writing_is_a_reply_by_a_host_or_the_panel(hall: Hall) -> None:
    asker, panelist, member = await hall.member(), await hall.member(), await hall.member()
    await plain(hall.db).execute(
        "INSERT INTO panelists (room_id, member_id) VALUES ($1, $2)", hall.room, panelist.id
    )
    question = await hall.ask(asker, anonymous=True)

    refused = await hall.settle(member, question, "answered", answer="Because.")
    assert refused.json()["code"] == "not_host"
    assert (await hall.settle(panelist, question, "answered")).json()["code"] == "not_host"
    assert (await hall.settle(panelist, question, "live")).json()["code"] == "not_host"
    first = await hall.settle(panelist, question, "answered", answer="**Because.**")
    again = await hall.settle(panelist, question, "answered", answer="**Because.**")
    late = await hall.settle(hall.host, question, "answered", answer="Because of that.")

    assert (first.status_code, first.json()["answered_how"]) == (200, "writing")
    assert (again.status_code, again.json()["answer_post"]) == (200, first.json()["answer_post"])
    assert (late.status_code, late.json()["code"]) == (409, "question_moved")
    post = (await hall.visitor.get(f"/posts/{first.json()['answer_post']}")).json()
    assert (post["parent"], post["author"]["id"]) == (question["post"], panelist.id)
    assert "<strong>Because.</strong>" in post["html"]
    taken_back = await moved(hall, first.json(), "live")
    assert (taken_back["answered_how"], taken_back["answer_post"]) == (None, None)


@pytest.mark.parametrize(
    ("move", "field"),
    [
        ({"state": "dismissed"}, "reason"),
        ({"state": "dismissed", "reason": " \n"}, "reason"),
        ({"state": "merged"}, "into"),
        ({"state": "answered", "into": 1}, "into"),
        ({"state": "live", "answer": "Because."}, "answer"),
        ({"state": "on_stage", "place": 1}, "place"),
        ({"state": "shortlisted", "place": 0}, "place"),
        ({"state": "hidden"}, "state"),
    ],
)
async def test_a_move_comes_with_what_it_needs(hall: Hall, move: dict[str, object], field: str) -> None:
    question = await hall.ask(await hall.member())

    refused = await hall.host.put(f"/questions/{question['id']}/state", move | {"version": 1})

    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert (await shown(hall.host, question))["version"] == 1


async def test_a_stale_move_is_told_what_happened_and_not_who_asked(hall: Hall) -> None:
    asker = await hall.member()
    question = await hall.ask(asker, anonymous=True)
    listed = await moved(hall, question, "shortlisted")
    await hall.settle(asker, listed, "withdrawn")

    stale = await hall.settle(hall.administrator, question, "dismissed", reason="Twice")

    assert (stale.status_code, stale.json()["code"]) == (409, "question_moved")
    assert stale.json()["current"]["state"] == "withdrawn"
    steps = [
        (step["version"], step["new_state"], step["by"] and step["by"]["id"])
        for step in stale.json()["meanwhile"]
    ]
    assert steps == [(2, "shortlisted", hall.host.id), (3, "withdrawn", None)]
    assert stale.json()["meanwhile"][1]["at"].endswith(":00Z")


async def test_the_same_move_again_is_the_same_one(hall: Hall) -> None:
    asker = await hall.member()
    other = await hall.ask(asker)
    for state, more in (
        ("shortlisted", {"place": 1}),
        ("on_stage", {}),
        ("answered", {}),
        ("dismissed", {"reason": "Long"}),
        ("merged", {"into": other["id"]}),
    ):
        question = await hall.ask(asker)
        first = await hall.settle(hall.host, question, state, **more)
        again = await hall.settle(hall.host, question, state, **more)
        assert (again.status_code, again.json()) == (200, first.json()), state
    differently = await hall.ask(asker)
    await hall.settle(hall.host, differently, "dismissed", reason="Long")
    refused = await hall.settle(hall.administrator, differently, "dismissed", reason="Rude")
    assert refused.json()["code"] == "question_moved"


async def test_claims_show_hosts_who_is_at_what_and_lapse(hall: Hall) -> None:
    question = await hall.ask(await hall.member())
    path = f"/questions/{question['id']}/claim"
    async with hall.app.listening(f"room:{hall.room}", hall.host.token) as host:
        async with hall.app.listening(f"room:{hall.room}") as visitor:
            claimed = (await hall.host.put(path, {})).json()
            assert (await visitor.next())["event"] == {"type": "withheld"}
        event = (await host.next())["event"]
    assert event["type"] == "question_claimed"
    assert event["question"]["claimed_by"] == claimed["claimed_by"]
    assert claimed["claimed_by"]["by"]["id"] == hall.host.id
    taken = await hall.administrator.put(path, {})
    assert (taken.status_code, taken.json()["code"]) == (409, "claimed_by_other")
    assert taken.json()["current"]["claimed_by"]["by"]["id"] == hall.host.id
    assert "claimed_by" not in await shown(hall.visitor, question)
    listed = (await hall.host.get(f"/rooms/{hall.room}/questions")).json()["items"][0]
    assert listed["claimed_by"] == claimed["claimed_by"]

    await plain(hall.db).execute("UPDATE question_claims SET until = now() - interval '1 second'")
    assert (await shown(hall.host, question))["claimed_by"] is None
    assert (await hall.administrator.put(path, {})).status_code == 200
    assert (await hall.host.delete(path)).json()["claimed_by"]["by"]["id"] == hall.administrator.id
    assert (await hall.administrator.delete(path)).json()["claimed_by"] is None
    await hall.host.put(path, {})
    assert (await moved(hall, question, "shortlisted"))["claimed_by"] is None


async def test_two_hosts_lose_no_update_in_two_hundred_actions(hall: Hall) -> None:
    chance = random.Random(7)
    asker, voters = await hall.member(), [await hall.member() for _ in range(4)]
    asked = [await hall.ask(asker, f"{n}?") for n in range(8)]
    for voter in voters:
        for question in chance.sample(asked, 4):
            await hall.vote(voter, question)
    own = {question["id"]: (await shown(hall.host, question))["votes"] for question in asked}
    acknowledged: list[tuple[int, int, str]] = []
    refused: list[str] = []

    async def act(who: Person) -> None:
        known = {question["id"]: question for question in asked}
        for _ in range(100):
            question = known[chance.choice(asked)["id"]]
            state = chance.choice(["live", "shortlisted", "on_stage", "answered", "dismissed", "merged"])
            more: dict[str, object] = {}
            if state == "merged":
                more["into"] = chance.choice(asked)["id"]
            if state == "shortlisted" and chance.random() < 0.5:
                more["place"] = chance.randint(1, 4)
            answer = await hall.settle(who, question, state, **more)
            body = answer.json()
            if answer.status_code == 200:
                if body["version"] == question["version"] + 1:
                    acknowledged.append((body["id"], body["version"], state))
                known[body["id"]] = body
            else:
                assert answer.status_code == 409, answer.text
                refused.append(body["code"])
                known[question["id"]] = body.get("current", question)

    await asyncio.gather(act(hall.host), act(hall.administrator))

    rows = await plain(hall.db).fetch(
        "SELECT question_id, version, old_state, new_state FROM question_moves WHERE room_id = $1"
        " ORDER BY question_id, version",
        hall.room,
    )
    made = {(row["question_id"], row["version"]): row for row in rows}
    assert all(made[id, version]["new_state"] == state for id, version, state in acknowledged)
    assert len({one[:2] for one in acknowledged}) >= len(acknowledged) * 0.9  # a move both made is one
    for question in asked:
        path = [row for row in rows if row["question_id"] == question["id"]]
        now = await shown(hall.host, question)
        assert [row["version"] for row in path] == list(range(2, now["version"] + 1))
        assert [row["old_state"] for row in path] == ["live", *(row["new_state"] for row in path)][
            : len(path)
        ]
        assert now["state"] == (path[-1]["new_state"] if path else "live")
    # Whatever nobody was told of is a question sent back from the stage.
    told = {one[:2] for one in acknowledged}
    untold = [row for key, row in made.items() if key not in told]
    assert {(row["old_state"], row["new_state"]) for row in untold} <= {("on_stage", "shortlisted")}
    assert "question_moved" in refused
    await ensure_votes(hall, asked, own)


async def ensure_votes(hall: Hall, asked: list[dict[str, Any]], own: dict[int, int]) -> None:
    for question in asked:
        now = await shown(hall.host, question)
        if now["merged_into"] is not None:
            await moved(hall, now, "live")
    assert {one["id"]: (await shown(hall.host, one))["votes"] for one in asked} == own
    counts = (await hall.host.get(f"/rooms/{hall.room}")).json()["counts"]
    states = [(await shown(hall.host, one))["state"] for one in asked]
    assert all(counts[state] == states.count(state) for state in counts if state != "pending")
    assert states.count("on_stage") <= 1
