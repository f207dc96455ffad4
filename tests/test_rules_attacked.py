"""Rules, attacked: nobody is spared a judgement, loses a text or breaks anything by having something held."""

import asyncio

import pytest

from tests.builders import a_reply
from tests.test_rules_holding import Scene, in_force
from tests.test_rules_holding import scene as scene
from tests.walking import Service

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
