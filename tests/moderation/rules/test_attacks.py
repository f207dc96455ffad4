"""Attacks on rules: holding a post never avoids a decision, loses a text or breaks the service."""

import asyncio
import base64
from datetime import timedelta

import pytest

from core import clock
from moderation.policy import UNDO_WINDOW
from tests.support.moderation.filters import Scene, in_force
from tests.support.moderation.filters import scene as scene
from tests.support.people import a_reply, a_topic
from tests.support.service import Service, plain

LOTTERY = {"kind": "phrases", "phrases": ["lottery"]}


@pytest.mark.parametrize("name", ["another rule", "the same rule"])
async def test_taking_a_change_back_ends_no_case_about_what_is_out(
    app: Service, scene: Scene, name: str
) -> None:
    if name == "another rule":
        await in_force(app, scene.ada, name="Lotteries", action="flag", test=LOTTERY)
        post = (await a_reply(scene.author, scene.topic, "Play my lottery"))["id"]
    else:
        await scene.author.patch(f"/topics/{scene.topic}", {"title": "My casino"})
        post = (await scene.author.get(f"/topics/{scene.topic}/posts")).json()["items"][0]["id"]
    case = await scene.case()

    await scene.author.patch(f"/posts/{post}", {"body": "Try my casino"})
    assert (await scene.author.delete(f"/held/{post}")).json()["outcome"] == "withdrawn"

    assert [one["id"] for one in (await scene.ada.get("/cases")).json()["items"]] == [case["id"]]


@pytest.mark.parametrize("deed", ["withdraw", "edit"])
async def test_deciding_while_its_author_changes_it_or_takes_it_back_breaks_nothing(
    app: Service, scene: Scene, deed: str
) -> None:
    for _ in range(10):
        held, case = await scene.held(), await scene.case()
        path = f"/held/{held['id']}"
        mine = (
            scene.author.delete(path)
            if deed == "withdraw"
            else scene.author.patch(path, {"body": "Other casino"})
        )
        given = {"version": case["version"], "action": "approve"}

        decided, done = await asyncio.gather(scene.ada.post(f"/cases/{case['id']}/decisions", given), mine)

        codes = sorted((decided.status_code, done.status_code))
        assert codes in ([200, 201], [200, 409], [201, 409]), (decided.text, done.text)
        if deed == "edit" and decided.status_code == 409:
            await scene.decide("approve")


async def test_a_reported_post_is_not_kept_up_by_a_change_of_it_that_waits(
    app: Service, scene: Scene
) -> None:
    post = (await a_reply(scene.author, scene.topic, "You are all thieves"))["id"]
    assert (await scene.member.post(f"/posts/{post}/flags", {"reason": "abusive"})).status_code == 201
    await scene.author.patch(f"/posts/{post}", {"body": "Try my casino"})

    first = await scene.decide("hide")
    assert (await scene.member.get(f"/posts/{post}")).json()["state"] == "hidden"
    assert (await scene.ada.delete(f"/decisions/{first['id']}")).status_code == 200
    assert "thieves" in (await scene.member.get(f"/posts/{post}")).json()["html"]
    assert (await scene.author.get(f"/held/{post}")).json()["outcome"] is None

    again = await scene.decide("hide")
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        statement = (await scene.author.get(f"/decisions/{again['id']}")).json()
    assert (statement["action"], statement["automated"]) == ("hide", False)
    back = await scene.ben.put(f"/decisions/{again['id']}/reversal", {"facts": "It was a joke."})
    assert back.status_code == 200, back.text
    read = (await scene.member.get(f"/posts/{post}")).json()
    assert (read["state"], "casino" in read["html"]) == ("published", True)


async def test_a_file_of_a_change_that_waits_is_kept_and_everybodys_once_it_is_let_through(
    app: Service, scene: Scene
) -> None:
    await plain(app.db).execute("UPDATE members SET trust = 2 WHERE id = $1", scene.author.id)
    post = await a_reply(scene.author, scene.topic, "About cobalt")
    content = base64.b64encode(b"Cheap cobalt").decode()
    file = (await scene.author.post("/files", {"name": "offer.txt", "content": content})).json()
    edited = await scene.author.patch(f"/posts/{post['id']}", {"body": f"My casino: {file['markup']}"})
    assert "held_edit" in edited.json(), edited.text

    with clock.stop_at(clock.now() + timedelta(days=30)):
        await app.settle()
    assert (await scene.author.client.get(file["address"])).status_code == 200
    assert (await scene.member.client.get(file["address"])).status_code == 404
    await scene.decide("approve")

    assert (await scene.member.client.get(file["address"])).status_code == 200


async def test_what_waits_goes_back_with_what_it_was_merged_with(app: Service, scene: Scene) -> None:
    other, third = [(await a_topic(scene.member, title))["id"] for title in ("Other", "Third")]
    held = await scene.held()
    moves = []
    for topic, into in ((scene.topic, other), (other, third)):
        merged = await scene.ada.post(f"/topics/{topic}/moves", {"into": into})
        assert merged.status_code == 201, merged.text
        moves.append(merged.json()["id"])
    assert (await scene.author.get(f"/held/{held['id']}")).json()["topic"] == third

    for move, topic in ((moves[1], other), (moves[0], scene.topic)):
        assert (await scene.ada.delete(f"/moves/{move}")).status_code == 204
        assert (await scene.author.get(f"/held/{held['id']}")).json()["topic"] == topic
    await scene.decide("approve")
    assert (await scene.member.get(f"/posts/{held['id']}")).json()["topic"] == scene.topic


async def test_a_newer_change_that_is_published_takes_the_place_of_one_that_waits(
    app: Service, scene: Scene
) -> None:
    post = await a_reply(scene.author, scene.topic, "About cobalt")
    await scene.author.patch(f"/posts/{post['id']}", {"body": "Try my casino"})

    newer = await scene.author.patch(f"/posts/{post['id']}", {"body": "About cobalt and tin"})

    assert "held_edit" not in newer.json()
    mine = (await scene.author.get(f"/held/{post['id']}")).json()
    assert (mine["outcome"], mine["body"]) == ("withdrawn", "Try my casino")
    await app.settle()
    assert (await scene.ada.get("/cases")).json()["items"] == []


async def test_nothing_is_put_before_the_post_with_which_a_topic_is_to_begin(
    app: Service, scene: Scene
) -> None:
    given = {"title": "My casino", "body": "Come in"}
    held = (await scene.author.post("/sectors/mobility/topics", given)).json()

    for path, given in (
        (f"/topics/{held['topic']}/posts", {"body": "Not here"}),
        (f"/topics/{scene.topic}/moves", {"into": held["topic"]}),
        (f"/topics/{held['topic']}/moves", {"into": scene.topic}),
    ):
        refused = await scene.ada.post(path, given)
        assert (refused.status_code, refused.json()["code"]) == (409, "topic_not_begun"), refused.text
    await scene.decide("approve")
    assert (await scene.member.get(f"/posts/{held['id']}")).json()["number"] == 1
