"""Room rules: mutes, slow mode, question length, the panel and access, and events that contain every change."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.open_room import OpenRoom, Person
from tests.support.rooms.questions import moved, set_room_columns, shown
from tests.support.service import raw_sql


async def ask(
    open_room: OpenRoom, who: Person, body: str = "Why?", anonymous: bool = False
) -> tuple[int, str]:
    answer = await who.post(f"/rooms/{open_room.room}/questions", {"body": body, "anonymous": anonymous})
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("anonymous", [False, True])
async def test_whose_name_or_pseudonym_is_muted_does_not_write_under_it(
    open_room: OpenRoom, anonymous: bool
) -> None:
    asker, other = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, "Rude", anonymous=anonymous)
    path, why = f"/questions/{question['id']}/asker/silence", {"minutes": 10, "reason": "Rude"}

    for who in (asker, other):
        assert (await who.put(path, why)).json()["code"] == "not_host"
        assert (await who.delete(path)).json()["code"] == "not_host"
    answer = await open_room.host.put(path, why)
    assert (await open_room.host.put(path, why | {"minutes": 20})).status_code == 200

    assert answer.json().keys() == {"question", "until", "reason"}
    silences = await raw_sql(open_room.db).fetch("SELECT member_id, pseudonym FROM room_silences")
    assert [row["member_id"] for row in silences] == [None if anonymous else asker.id]
    assert await ask(open_room, asker, anonymous=anonymous) == (403, "silenced_here")
    # A named member who fell silent after the mute of a pseudonym would show whose pseudonym it is. The mute of a name
    # cannot be escaped without the name.
    assert await ask(open_room, asker, anonymous=not anonymous) == (
        (201, "") if anonymous else (403, "silenced_here")
    )
    assert await ask(open_room, other, anonymous=True) == (201, "")
    with clock.stop_at(datetime.now(UTC) + timedelta(minutes=21)):
        assert await ask(open_room, asker, anonymous=anonymous) == (201, "")
    assert (await open_room.host.delete(path)).status_code == 204
    assert await ask(open_room, asker, anonymous=anonymous) == (201, "")
    assert (await open_room.host.put(path, why | {"reason": " "})).json()["code"] == "nothing_visible"
    assert (await open_room.host.put(path, why | {"minutes": 0})).status_code == 422
    own = await open_room.ask(open_room.host)
    assert (await open_room.host.put(f"/questions/{own['id']}/asker/silence", why)).json()[
        "code"
    ] == "own_question"


async def test_the_mute_of_a_pseudonym_leaves_everything_open_that_has_a_name(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, "Rude", anonymous=True)
    why = {"minutes": 10, "reason": "Rude"}
    assert (await open_room.host.put(f"/questions/{question['id']}/asker/silence", why)).status_code == 200
    for slow_seconds in (0, 1):
        await set_room_columns(open_room, f"slow_seconds = {slow_seconds}")
        with clock.stop_at(datetime.now(UTC) + timedelta(minutes=2 + slow_seconds)):
            assert await ask(open_room, asker, anonymous=True) == (403, "silenced_here")
            assert await ask(open_room, asker) == (201, "")
    await set_room_columns(open_room, "slow_seconds = 0")
    by_name = await asker.post(f"/topics/{open_room.topic}/posts", {"body": "By name."})
    assert by_name.status_code == 201


@pytest.mark.parametrize("anonymous", [False, True])
async def test_who_asked_what_moderators_hid_can_be_silenced_too(
    open_room: OpenRoom, anonymous: bool
) -> None:
    asker, own = await open_room.member(), await open_room.ask(open_room.host, "Mine")
    question = await open_room.ask(asker, "Rude", anonymous=anonymous)
    path, why = f"/questions/{question['id']}/asker/silence", {"minutes": 10, "reason": "Rude"}
    await hide_rows(open_room.db, question["post"], own["post"])

    assert (await (await open_room.member()).put(path, why)).json()["code"] == "not_found"
    answer = await open_room.host.put(path, why)
    assert (answer.status_code, answer.json().keys()) == (200, {"question", "until", "reason"})
    assert await ask(open_room, asker, anonymous=anonymous) == (403, "silenced_here")
    assert (await open_room.host.put(f"/questions/{own['id']}/asker/silence", why)).json()[
        "code"
    ] == "own_question"
    assert (await open_room.host.delete(path)).status_code == 204
    assert await ask(open_room, asker, anonymous=anonymous) == (201, "")


async def test_slow_mode_length_and_the_panel(open_room: OpenRoom) -> None:
    asker, panelist = await open_room.member(), await open_room.member()
    await raw_sql(open_room.db).execute(
        "INSERT INTO panelists (room_id, member_id) VALUES ($1, $2)", open_room.room, panelist.id
    )
    await set_room_columns(open_room, "slow_seconds = 30, question_length = 50")

    assert await ask(open_room, asker) == (201, "")
    for anonymous in (False, True):
        again = await asker.post(
            f"/rooms/{open_room.room}/questions", {"body": "Why?", "anonymous": anonymous}
        )
        assert (again.status_code, again.json()["code"]) == (429, "too_soon")
        assert 25 <= int(again.headers["Retry-After"]) <= 31
    with clock.stop_at(datetime.now(UTC) + timedelta(seconds=31)):
        assert await ask(open_room, asker) == (201, "")
    for _ in range(2):
        assert await ask(open_room, open_room.host) == await ask(open_room, panelist) == (201, "")
    assert await ask(open_room, await open_room.member(), "x" * 51) == (422, "question_too_long")
    assert await ask(open_room, await open_room.member(), "x" * 50) == (201, "")
    await set_room_columns(open_room, "slow_seconds = 0, writers = 'panel'")
    assert await ask(open_room, asker) == (403, "panel_only")
    assert await ask(open_room, panelist) == (201, "")


async def test_votes_ask_at_the_door_each_time(open_room: OpenRoom) -> None:
    asker, guest, member = await open_room.member(), await open_room.member(), await open_room.member()
    question = await open_room.ask(asker)
    assert (await open_room.vote(member, question)).status_code == 200
    await raw_sql(open_room.db).execute(
        "UPDATE topics SET readers = 'listed', gathering_id = $2 WHERE id = $1",
        open_room.topic,
        open_room.gathering,
    )
    await raw_sql(open_room.db).execute(
        "INSERT INTO topic_readers (topic_id, member_id) VALUES ($1, $2)", open_room.topic, guest.id
    )

    assert (await open_room.vote(member, question, 0)).status_code == 404
    for who in (
        guest,
        open_room.host,
        open_room.administrator,
        await open_room.member(moderates=open_room.sector_id),
    ):
        assert (await open_room.vote(who, question)).status_code == 200
    await raw_sql(open_room.db).execute("DELETE FROM topic_readers")
    assert (await open_room.vote(guest, question)).status_code == 404
    await raw_sql(open_room.db).execute(
        "UPDATE topics SET readers = 'members' WHERE id = $1", open_room.topic
    )
    assert (await open_room.vote(member, question)).json()["votes"] == 5


async def test_groups_not_heard_come_up_and_each_place_says_why(open_room: OpenRoom) -> None:
    industry, research, voter = await open_room.member(), await open_room.member(), await open_room.member()
    for who, group in ((industry, "industry"), (research, "research")):
        await raw_sql(open_room.db).execute(
            "UPDATE members SET stakeholder_group = $2, public = '{stakeholder_group}' WHERE id = $1",
            who.id,
            group,
        )
    heard, first = await open_room.ask(industry), await open_room.ask(industry)
    second, unnamed = await open_room.ask(research), await open_room.ask(research, anonymous=True)
    await open_room.vote(voter, first)

    before = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["questions"]["items"]
    await moved(open_room, heard, "answered")
    after = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()["questions"]["items"]

    assert {one["rank"]["why"]["balance"] for one in before} == {1.0}
    assert [one["id"] for one in after] == [first["id"], second["id"], unnamed["id"], heard["id"]]
    why = {one["id"]: one["rank"]["why"] for one in after}
    assert (why[second["id"]]["group"], why[second["id"]]["balance"]) == ("research", 1.25)
    assert (why[unnamed["id"]]["group"], why[unnamed["id"]]["balance"]) == (None, 1.0)
    assert (why[first["id"]]["votes"], why[first["id"]]["voters"]) == (1, 1)
    newest = (await open_room.visitor.get(f"/rooms/{open_room.room}/questions", order="newest")).json()[
        "items"
    ]
    assert {one["id"]: one["rank"]["why"]["balance"] for one in newest} == {
        id: given["balance"] for id, given in why.items()
    }


async def snapshot(open_room: OpenRoom, who: Person) -> dict[str, Any]:
    room = (await who.get(f"/rooms/{open_room.room}", order="votes")).json()
    items = {one["id"]: without_own(one) for one in room["questions"]["items"]}
    stage = room["stage"] and room["stage"]["id"]
    return {"questions": items, "counts": room["counts"], "stage": stage, "seq": room["stream"]["seq"]}


def without_own(question: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in question.items() if key not in ("mine", "my_vote", "rank")}


def apply(old: dict[str, Any], frames: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply events to the snapshot that a client has, as a client does."""
    new = old | {"questions": dict(old["questions"])}
    for frame in frames:
        event, new["seq"] = frame["event"], frame["seq"]
        if "question" not in event:
            continue
        question = event["question"]
        new["counts"] = event["counts"]
        new["questions"].pop(question["id"], None)
        if "body" in question:
            new["questions"][question["id"]] = without_own(question)
    staged = [one["id"] for one in new["questions"].values() if one["state"] == "on_stage"]
    new["stage"] = staged[0] if staged else None
    return new


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_an_old_snapshot_plus_events_equals_a_new_snapshot(open_room: OpenRoom, seed: int) -> None:
    chance = random.Random(seed)
    askers = [await open_room.member() for _ in range(3)]
    viewers = {"visitor": open_room.visitor, "member": await open_room.member(), "host": open_room.host}
    asked = [await open_room.ask(askers[0], f"{n}?", anonymous=n % 2 == 0) for n in range(3)]
    old = {name: await snapshot(open_room, viewer) for name, viewer in viewers.items()}
    for _ in range(60):
        await set_room_columns(open_room, f"is_premoderated = {chance.random() < 0.5}")
        question = await shown(open_room.host, chance.choice(asked))
        into = chance.choice(asked)["id"]
        word = chance.choice(
            [
                "ask",
                "edit",
                "claim",
                "let go",
                "live",
                "shortlisted",
                "on_stage",
                "answered",
                "dismissed",
                "merged",
            ]
        )
        path = f"/questions/{question['id']}"
        if word == "ask":
            asked.append(
                await open_room.ask(
                    chance.choice(askers[1:]), f"{len(asked)}?", anonymous=chance.random() < 0.5
                )
            )
        elif word == "edit":
            await open_room.host.patch(path, {"body": f"Edited {chance.random()}"})
        elif word == "claim":
            await open_room.host.put(f"{path}/claim", {})
        elif word == "let go":
            await open_room.host.delete(f"{path}/claim")
        else:
            await open_room.change_state(
                open_room.host, question, word, **({"into": into} if word == "merged" else {})
            )

    for name, viewer in viewers.items():
        async with open_room.app.listening(
            f"room:{open_room.room}", viewer.token, after=old[name]["seq"]
        ) as feed:
            applied = apply(old[name], feed.joined["missed"])
        assert applied == await snapshot(open_room, viewer), name


async def test_a_case_about_a_question_on_its_way(open_room: OpenRoom) -> None:
    asker, flagger = await open_room.member(), await open_room.member()
    moderator = await open_room.member(moderates=open_room.sector_id)
    question = await moved(open_room, await open_room.ask(asker, "Buy this", anonymous=True), "on_stage")
    await flagger.post(f"/posts/{question['post']}/flags", {"reason": "spam"})
    await open_room.app.run_jobs()
    case = (await moderator.get("/cases")).json()["items"][0]
    decision = {
        "action": "hide",
        "version": case["version"],
        "reason": {"rule": "No selling", "facts": "It sells."},
    }

    async with open_room.app.listening(f"room:{open_room.room}") as feed:
        decided = await moderator.post(f"/cases/{case['id']}/decisions", decision)
        event = (await feed.next())["event"]

    assert decided.status_code == 201
    assert (event["type"], event["question"]["state"]) == ("question_changed", "hidden")
    room = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()
    assert (room["stage"], room["counts"]["on_stage"], room["questions"]["items"]) == (None, 0, [])
    other = await moved(open_room, await open_room.ask(asker), "on_stage")
    back = await moderator.put(f"/decisions/{decided.json()['id']}/reversal", {"facts": "It does not."})
    assert back.status_code in (200, 201), back.text
    room = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()
    assert room["stage"]["id"] == other["id"]
    assert {one["id"]: one["state"] for one in room["questions"]["items"]} == {
        question["id"]: "shortlisted",
        other["id"]: "on_stage",
    }


async def test_the_rules_of_a_room_hold_for_replies_in_its_topic(open_room: OpenRoom) -> None:
    asker, panelist = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, anonymous=True)
    await raw_sql(open_room.db).execute(
        "INSERT INTO panelists (room_id, member_id) VALUES ($1, $2)", open_room.room, panelist.id
    )

    async def reply(who: Person) -> tuple[int, str]:
        body = {"body": "So?", "parent": question["post"]}
        answer = await who.post(f"/topics/{open_room.topic}/posts", body)
        return answer.status_code, answer.json().get("code", "")

    await set_room_columns(open_room, "writers = 'panel'")
    assert await reply(asker) == (403, "panel_only")
    assert await reply(panelist) == await reply(open_room.host) == (201, "")
    await set_room_columns(open_room, "writers = 'all', slow_seconds = 30")
    assert await reply(asker) == (429, "too_soon")
    await set_room_columns(open_room, "slow_seconds = 0, state = 'closed'")
    assert await reply(asker) == (201, "")
    why = {"minutes": 10, "reason": "Rude"}
    assert (await open_room.host.put(f"/questions/{question['id']}/asker/silence", why)).status_code == 200
    assert await reply(asker) == (201, "")
    await set_room_columns(open_room, "state = 'open'")
    named = await open_room.ask(asker)
    assert (await open_room.host.put(f"/questions/{named['id']}/asker/silence", why)).status_code == 200
    assert await reply(asker) == (403, "silenced_here")
    assert await reply(panelist) == (201, "")
