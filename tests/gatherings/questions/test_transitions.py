"""Transitions of questions: which exist, how they are undone, and that no host's transition is lost."""

import asyncio
import random
from typing import Any

import pytest

from gatherings.questions.policy import TRANSITIONS
from tests.support.rooms.open_room import OpenRoom, Person, make_open_room
from tests.support.rooms.questions import moved, premoderate, shown
from tests.support.service import raw_sql

STATES = list(TRANSITIONS)
HOW = {"dismissed": {"reason": "Not for here"}, "merged": {"into": 0}}


async def a_question_in(
    open_room: OpenRoom, asker: Person, state: str, other: dict[str, Any]
) -> dict[str, Any]:
    await premoderate(open_room, state == "pending")
    question = await open_room.ask(asker, f"Now {state}?")
    await premoderate(open_room, False)
    if state == "withdrawn":
        question = (await open_room.change_state(asker, question, "withdrawn")).json()
    elif state not in ("pending", "live"):
        more = {"into": other["id"]} if state == "merged" else {}
        question = await moved(open_room, question, state, **more)
    return question


@pytest.mark.parametrize("old", STATES)
async def test_a_question_goes_where_the_table_says_and_nowhere_else(open_room: OpenRoom, old: str) -> None:
    asker = await open_room.member()
    other = await open_room.ask(asker, "The other one")
    for new in STATES:
        question = await a_question_in(open_room, asker, old, other)
        who = asker if new == "withdrawn" else open_room.host
        more = {"into": other["id"]} if new == "merged" else {}
        if old == new == "answered":
            more = {"answer": "And in writing"}
        if old == new == "shortlisted":
            more = {"place": 1}
        answer = await open_room.change_state(who, question, new, **more)
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
    await ensure_counts(open_room)


async def ensure_counts(open_room: OpenRoom) -> None:
    counted = await raw_sql(open_room.db).fetchrow(
        "SELECT * FROM question_counts WHERE room_id = $1", open_room.room
    )
    rows = await raw_sql(open_room.db).fetch(
        "SELECT state, count(*) FROM questions WHERE room_id = $1 GROUP BY state", open_room.room
    )
    by_state = dict(tuple(row) for row in rows)
    for state in ("pending", "live", "shortlisted", "on_stage", "answered", "dismissed"):
        assert counted[state] == by_state.get(state, 0), state


async def test_one_is_on_stage_and_who_was_goes_back_to_the_shortlist(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    first, second = await open_room.ask(asker), await open_room.ask(asker)
    first = await moved(open_room, first, "shortlisted")
    place = first["place"]
    first = await moved(open_room, first, "on_stage")

    assert (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["stage"]["id"] == first["id"]
    await moved(open_room, second, "on_stage")

    back = await shown(open_room.host, first)
    assert (back["state"], back["place"], back["version"]) == ("shortlisted", place, first["version"] + 1)
    room = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()
    assert room["stage"]["id"] == second["id"]
    assert (room["counts"]["on_stage"], room["counts"]["shortlisted"]) == (1, 1)
    assert "pending" not in room["counts"]
    told = [entry.event for entry in await open_room.log(f"room:{open_room.room}")]
    assert [event["question_id"] for event in told if event["type"] == "question_settled"][-2:] == [
        first["id"],
        second["id"],
    ]


async def test_hosts_order_the_shortlist_by_hand(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    asked = [await moved(open_room, await open_room.ask(asker, f"{n}?"), "shortlisted") for n in range(4)]
    ids = [one["id"] for one in asked]

    for nth in (1, 3, 2, 1, 1, 4, 2, 9):
        one = await shown(open_room.host, asked[-1])
        await moved(open_room, one, "shortlisted", place=nth)
        ids.remove(one["id"])
        ids.insert(nth - 1, one["id"])
        items = (await open_room.host.get(f"/rooms/{open_room.room}/questions", state="shortlisted")).json()[
            "items"
        ]
        assert [one["id"] for one in sorted(items, key=lambda one: one["place"])] == ids
    for _ in range(14):  # until there is no room left between two, and all move apart
        one = await shown(open_room.host, asked[_ % 2])
        await moved(open_room, one, "shortlisted", place=2)
        ids.remove(one["id"])
        ids.insert(1, one["id"])
    items = (await open_room.host.get(f"/rooms/{open_room.room}/questions", state="shortlisted")).json()[
        "items"
    ]
    assert [one["id"] for one in sorted(items, key=lambda one: one["place"])] == ids


async def test_votes_of_merged_questions_are_united_per_person_and_go_apart_again_exactly(
    open_room: OpenRoom,
) -> None:
    askers = [await open_room.member() for _ in range(3)]
    first, second, third = [await open_room.ask(asker) for asker in askers]
    voters = [await open_room.member() for _ in range(5)]
    for question, wanting in ((first, voters[:2]), (second, [*voters[1:4], askers[0]]), (third, voters[3:])):
        for voter in wanting:
            assert (await open_room.vote(voter, question)).status_code == 200

    second = await moved(open_room, second, "merged", into=first["id"])
    assert second["merged_into"] == first["id"]
    assert (await shown(open_room.host, first))["votes"] == 4  # but not that of who asked it
    third = await moved(open_room, third, "merged", into=first["id"])
    assert (await shown(open_room.host, first))["votes"] == 5
    assert (await open_room.vote(voters[4], second)).json()["code"] == "question_not_live"
    assert (await shown(voters[3], first))["my_vote"] == 1

    # Who votes for the whole stays; who no longer wants it is gone; who had voted for both is still there.
    assert (await open_room.vote(voters[2], first)).json()["votes"] == 5
    assert (await open_room.vote(voters[4], first, 0)).json()["votes"] == 4
    second = await moved(open_room, second, "live")
    assert ((await shown(open_room.host, first))["votes"], second["votes"]) == (4, 4)
    third = await moved(open_room, third, "live")
    assert ((await shown(open_room.host, first))["votes"], third["votes"]) == (3, 2)
    rows = await raw_sql(open_room.db).fetch(
        "SELECT question_id, count(*), count(via) FROM votes GROUP BY question_id ORDER BY question_id"
    )
    assert [tuple(row) for row in rows] == [(first["id"], 3, 0), (second["id"], 4, 0), (third["id"], 2, 0)]


async def test_what_cannot_be_merged(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    first, second, third = [await open_room.ask(asker) for _ in range(3)]
    other = await make_open_room(open_room.app)
    elsewhere = await other.ask(asker)
    done = await moved(open_room, await open_room.ask(asker), "answered")

    for into in (first["id"], elsewhere["id"], done["id"], 999_999):
        refused = await open_room.change_state(open_room.host, first, "merged", into=into)
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_merge_into")
    await moved(open_room, second, "merged", into=first["id"])
    chained = await open_room.change_state(open_room.host, first, "merged", into=third["id"])
    assert (chained.status_code, chained.json()["code"]) == (409, "others_merged_here")


async def test_an_answer_in_writing_is_a_reply_by_a_host_or_the_panel(open_room: OpenRoom) -> None:
    asker, panelist, member = await open_room.member(), await open_room.member(), await open_room.member()
    await raw_sql(open_room.db).execute(
        "INSERT INTO panelists (room_id, member_id) VALUES ($1, $2)", open_room.room, panelist.id
    )
    question = await open_room.ask(asker, anonymous=True)

    refused = await open_room.change_state(member, question, "answered", answer="Because.")
    assert refused.json()["code"] == "not_host"
    assert (await open_room.change_state(panelist, question, "answered")).json()["code"] == "not_host"
    assert (await open_room.change_state(panelist, question, "live")).json()["code"] == "not_host"
    first = await open_room.change_state(panelist, question, "answered", answer="**Because.**")
    again = await open_room.change_state(panelist, question, "answered", answer="**Because.**")
    late = await open_room.change_state(open_room.host, question, "answered", answer="Because of that.")

    assert (first.status_code, first.json()["answered_how"]) == (200, "writing")
    assert (again.status_code, again.json()["answer_post"]) == (200, first.json()["answer_post"])
    assert (late.status_code, late.json()["code"]) == (409, "question_moved")
    post = (await open_room.visitor.get(f"/posts/{first.json()['answer_post']}")).json()
    assert (post["parent"], post["author"]["id"]) == (question["post"], panelist.id)
    assert "<strong>Because.</strong>" in post["html"]
    taken_back = await moved(open_room, first.json(), "live")
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
async def test_a_move_comes_with_what_it_needs(
    open_room: OpenRoom, move: dict[str, object], field: str
) -> None:
    question = await open_room.ask(await open_room.member())

    refused = await open_room.host.put(f"/questions/{question['id']}/state", move | {"version": 1})

    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert (await shown(open_room.host, question))["version"] == 1


async def test_a_stale_move_is_told_what_happened_and_not_who_asked(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, anonymous=True)
    listed = await moved(open_room, question, "shortlisted")
    await open_room.change_state(asker, listed, "withdrawn")

    stale = await open_room.change_state(open_room.administrator, question, "dismissed", reason="Twice")

    assert (stale.status_code, stale.json()["code"]) == (409, "question_moved")
    assert stale.json()["current"]["state"] == "withdrawn"
    steps = [
        (step["version"], step["new_state"], step["by"] and step["by"]["id"])
        for step in stale.json()["meanwhile"]
    ]
    assert steps == [(2, "shortlisted", open_room.host.id), (3, "withdrawn", None)]
    assert stale.json()["meanwhile"][1]["at"].endswith(":00Z")


async def test_the_same_move_again_is_the_same_one(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    other = await open_room.ask(asker)
    for state, more in (
        ("shortlisted", {"place": 1}),
        ("on_stage", {}),
        ("answered", {}),
        ("dismissed", {"reason": "Long"}),
        ("merged", {"into": other["id"]}),
    ):
        question = await open_room.ask(asker)
        first = await open_room.change_state(open_room.host, question, state, **more)
        again = await open_room.change_state(open_room.host, question, state, **more)
        assert (again.status_code, again.json()) == (200, first.json()), state
    differently = await open_room.ask(asker)
    await open_room.change_state(open_room.host, differently, "dismissed", reason="Long")
    refused = await open_room.change_state(open_room.administrator, differently, "dismissed", reason="Rude")
    assert refused.json()["code"] == "question_moved"


async def test_claims_show_hosts_who_is_at_what_and_lapse(open_room: OpenRoom) -> None:
    question = await open_room.ask(await open_room.member())
    path = f"/questions/{question['id']}/claim"
    async with open_room.app.listening(f"room:{open_room.room}", open_room.host.token) as host:
        async with open_room.app.listening(f"room:{open_room.room}") as visitor:
            claimed = (await open_room.host.put(path, {})).json()
            assert (await visitor.next())["event"] == {"type": "withheld"}
        event = (await host.next())["event"]
    assert event["type"] == "question_claimed"
    assert event["question"]["claimed_by"] == claimed["claimed_by"]
    assert claimed["claimed_by"]["by"]["id"] == open_room.host.id
    taken = await open_room.administrator.put(path, {})
    assert (taken.status_code, taken.json()["code"]) == (409, "claimed_by_other")
    assert taken.json()["current"]["claimed_by"]["by"]["id"] == open_room.host.id
    assert "claimed_by" not in await shown(open_room.visitor, question)
    listed = (await open_room.host.get(f"/rooms/{open_room.room}/questions")).json()["items"][0]
    assert listed["claimed_by"] == claimed["claimed_by"]

    await raw_sql(open_room.db).execute("UPDATE question_claims SET until = now() - interval '1 second'")
    assert (await shown(open_room.host, question))["claimed_by"] is None
    assert (await open_room.administrator.put(path, {})).status_code == 200
    assert (await open_room.host.delete(path)).json()["claimed_by"]["by"]["id"] == open_room.administrator.id
    assert (await open_room.administrator.delete(path)).json()["claimed_by"] is None
    await open_room.host.put(path, {})
    assert (await moved(open_room, question, "shortlisted"))["claimed_by"] is None


async def test_two_hosts_lose_no_update_in_two_hundred_actions(open_room: OpenRoom) -> None:
    chance = random.Random(7)
    asker, voters = await open_room.member(), [await open_room.member() for _ in range(4)]
    asked = [await open_room.ask(asker, f"{n}?") for n in range(8)]
    for voter in voters:
        for question in chance.sample(asked, 4):
            await open_room.vote(voter, question)
    own = {question["id"]: (await shown(open_room.host, question))["votes"] for question in asked}
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
            answer = await open_room.change_state(who, question, state, **more)
            body = answer.json()
            if answer.status_code == 200:
                if body["version"] == question["version"] + 1:
                    acknowledged.append((body["id"], body["version"], state))
                known[body["id"]] = body
            else:
                assert answer.status_code == 409, answer.text
                refused.append(body["code"])
                known[question["id"]] = body.get("current", question)

    await asyncio.gather(act(open_room.host), act(open_room.administrator))

    rows = await raw_sql(open_room.db).fetch(
        "SELECT question_id, version, old_state, new_state FROM question_moves WHERE room_id = $1"
        " ORDER BY question_id, version",
        open_room.room,
    )
    made = {(row["question_id"], row["version"]): row for row in rows}
    assert all(made[id, version]["new_state"] == state for id, version, state in acknowledged)
    assert len({one[:2] for one in acknowledged}) >= len(acknowledged) * 0.9  # a move both made is one
    for question in asked:
        path = [row for row in rows if row["question_id"] == question["id"]]
        now = await shown(open_room.host, question)
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
    await ensure_votes(open_room, asked, own)


async def ensure_votes(open_room: OpenRoom, asked: list[dict[str, Any]], own: dict[int, int]) -> None:
    for question in asked:
        now = await shown(open_room.host, question)
        if now["merged_into"] is not None:
            await moved(open_room, now, "live")
    assert {one["id"]: (await shown(open_room.host, one))["votes"] for one in asked} == own
    counts = (await open_room.host.get(f"/rooms/{open_room.room}")).json()["counts"]
    states = [(await shown(open_room.host, one))["state"] for one in asked]
    assert all(counts[state] == states.count(state) for state in counts if state != "pending")
    assert states.count("on_stage") <= 1
