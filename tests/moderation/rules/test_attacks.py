"""Attacks on rules: holding a post never avoids a decision, loses a text or breaks the service."""

import asyncio
import base64
from datetime import timedelta

import pytest

from core import clock
from moderation.policy import UNDO_WINDOW
from tests.support.moderation.filters import FilteredTopic, activate_filter
from tests.support.moderation.filters import filtered as filtered
from tests.support.people import a_reply, a_topic
from tests.support.service import Service, raw_sql

LOTTERY = {"kind": "phrases", "phrases": ["lottery"]}


@pytest.mark.parametrize("name", ["another rule", "the same rule"])
async def test_taking_a_change_back_ends_no_case_about_what_is_out(
    app: Service, filtered: FilteredTopic, name: str
) -> None:
    if name == "another rule":
        await activate_filter(app, filtered.ada, name="Lotteries", action="flag", test=LOTTERY)
        post = (await a_reply(filtered.author, filtered.topic, "Play my lottery"))["id"]
    else:
        await filtered.author.patch(f"/topics/{filtered.topic}", {"title": "My casino"})
        post = (await filtered.author.get(f"/topics/{filtered.topic}/posts")).json()["items"][0]["id"]
    case = await filtered.case()

    await filtered.author.patch(f"/posts/{post}", {"body": "Try my casino"})
    assert (await filtered.author.delete(f"/held/{post}")).json()["outcome"] == "withdrawn"

    assert [one["id"] for one in (await filtered.ada.get("/cases")).json()["items"]] == [case["id"]]


@pytest.mark.parametrize("deed", ["withdraw", "edit"])
async def test_deciding_while_its_author_changes_it_or_takes_it_back_breaks_nothing(
    app: Service, filtered: FilteredTopic, deed: str
) -> None:
    for _ in range(10):
        held, case = await filtered.held(), await filtered.case()
        path = f"/held/{held['id']}"
        mine = (
            filtered.author.delete(path)
            if deed == "withdraw"
            else filtered.author.patch(path, {"body": "Other casino"})
        )
        given = {"version": case["version"], "action": "approve"}

        decided, done = await asyncio.gather(filtered.ada.post(f"/cases/{case['id']}/decisions", given), mine)

        codes = sorted((decided.status_code, done.status_code))
        assert codes in ([200, 201], [200, 409], [201, 409]), (decided.text, done.text)
        if deed == "edit" and decided.status_code == 409:
            await filtered.decide("approve")


async def test_a_reported_post_is_not_kept_up_by_a_change_of_it_that_waits(
    app: Service, filtered: FilteredTopic
) -> None:
    post = (await a_reply(filtered.author, filtered.topic, "You are all thieves"))["id"]
    assert (await filtered.member.post(f"/posts/{post}/flags", {"reason": "abusive"})).status_code == 201
    await filtered.author.patch(f"/posts/{post}", {"body": "Try my casino"})

    first = await filtered.decide("hide")
    assert (await filtered.member.get(f"/posts/{post}")).json()["state"] == "hidden"
    assert (await filtered.ada.delete(f"/decisions/{first['id']}")).status_code == 200
    assert "thieves" in (await filtered.member.get(f"/posts/{post}")).json()["html"]
    assert (await filtered.author.get(f"/held/{post}")).json()["outcome"] is None

    again = await filtered.decide("hide")
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        statement = (await filtered.author.get(f"/decisions/{again['id']}")).json()
    assert (statement["action"], statement["automated"]) == ("hide", False)
    back = await filtered.ben.put(f"/decisions/{again['id']}/reversal", {"facts": "It was a joke."})
    assert back.status_code == 200, back.text
    read = (await filtered.member.get(f"/posts/{post}")).json()
    assert (read["state"], "casino" in read["html"]) == ("published", True)


async def test_a_file_of_a_change_that_waits_is_kept_and_everybodys_once_it_is_let_through(
    app: Service, filtered: FilteredTopic
) -> None:
    await raw_sql(app.db).execute("UPDATE members SET trust = 2 WHERE id = $1", filtered.author.id)
    post = await a_reply(filtered.author, filtered.topic, "About cobalt")
    content = base64.b64encode(b"Cheap cobalt").decode()
    file = (await filtered.author.post("/files", {"name": "offer.txt", "content": content})).json()
    edited = await filtered.author.patch(f"/posts/{post['id']}", {"body": f"My casino: {file['markup']}"})
    assert "held_edit" in edited.json(), edited.text

    with clock.stop_at(clock.now() + timedelta(days=30)):
        await app.run_jobs()
    assert (await filtered.author.client.get(file["address"])).status_code == 200
    assert (await filtered.member.client.get(file["address"])).status_code == 404
    await filtered.decide("approve")

    assert (await filtered.member.client.get(file["address"])).status_code == 200


async def test_what_waits_goes_back_with_what_it_was_merged_with(
    app: Service, filtered: FilteredTopic
) -> None:
    other, third = [(await a_topic(filtered.member, title))["id"] for title in ("Other", "Third")]
    held = await filtered.held()
    moves = []
    for topic, into in ((filtered.topic, other), (other, third)):
        merged = await filtered.ada.post(f"/topics/{topic}/moves", {"into": into})
        assert merged.status_code == 201, merged.text
        moves.append(merged.json()["id"])
    assert (await filtered.author.get(f"/held/{held['id']}")).json()["topic"] == third

    for move, topic in ((moves[1], other), (moves[0], filtered.topic)):
        assert (await filtered.ada.delete(f"/moves/{move}")).status_code == 204
        assert (await filtered.author.get(f"/held/{held['id']}")).json()["topic"] == topic
    await filtered.decide("approve")
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["topic"] == filtered.topic


async def test_a_newer_change_that_is_published_takes_the_place_of_one_that_waits(
    app: Service, filtered: FilteredTopic
) -> None:
    post = await a_reply(filtered.author, filtered.topic, "About cobalt")
    await filtered.author.patch(f"/posts/{post['id']}", {"body": "Try my casino"})

    newer = await filtered.author.patch(f"/posts/{post['id']}", {"body": "About cobalt and tin"})

    assert "held_edit" not in newer.json()
    mine = (await filtered.author.get(f"/held/{post['id']}")).json()
    assert (mine["outcome"], mine["body"]) == ("withdrawn", "Try my casino")
    await app.run_jobs()
    assert (await filtered.ada.get("/cases")).json()["items"] == []


async def test_nothing_is_put_before_the_post_with_which_a_topic_is_to_begin(
    app: Service, filtered: FilteredTopic
) -> None:
    given = {"title": "My casino", "body": "Come in"}
    held = (await filtered.author.post("/sectors/mobility/topics", given)).json()

    for path, given in (
        (f"/topics/{held['topic']}/posts", {"body": "Not here"}),
        (f"/topics/{filtered.topic}/moves", {"into": held["topic"]}),
        (f"/topics/{held['topic']}/moves", {"into": filtered.topic}),
    ):
        refused = await filtered.ada.post(path, given)
        assert (refused.status_code, refused.json()["code"]) == (409, "topic_not_begun"), refused.text
    await filtered.decide("approve")
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["number"] == 1
