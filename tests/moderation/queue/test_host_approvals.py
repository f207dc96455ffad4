"""The queue of hosts: the cases of their rooms with fewer actions, live updates, and items that wait for approval."""

from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from tests.support.rooms.open_room import OpenRoom, Person, a_member, make_open_room
from tests.support.service import Service, raw_sql

WHY = {"rule": "No selling", "facts": "It sells."}


class Room(Struct):
    """A room with a flagged question, its host, the host of another gathering, and a moderator of the sector."""

    open_room: OpenRoom
    asker: Person
    flagger: Person
    other: Person
    moderator: Person
    post: int

    async def cases(self, who: Person) -> list[dict[str, Any]]:
        answer = await who.get("/cases")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def decide(self, who: Person, *actions: str, **more: Any) -> Any:
        [case] = await self.cases(self.moderator)
        given = {
            "version": case["version"],
            "action": actions[0],
            "also": list(actions[1:]),
            "reason": WHY,
        } | more
        return await who.post(f"/cases/{case['id']}/decisions", given)


@pytest_asyncio.fixture
async def room(app: Service) -> Room:
    open_room, elsewhere = await make_open_room(app), await make_open_room(app)
    asker, flagger = await open_room.member(), await open_room.member()
    asked = await open_room.ask(asker, "Who buys my cobalt?")
    assert (await flagger.post(f"/posts/{asked['post']}/flags", {"reason": "spam"})).status_code == 201
    moderator = await a_member(app, moderates=open_room.sector_id)
    return Room(open_room, asker, flagger, elsewhere.host, moderator, asked["post"])


async def test_hosts_see_the_cases_of_their_rooms_and_no_others(room: Room) -> None:
    [case] = await room.cases(room.open_room.host)
    assert case["object"] == {"kind": "post", "id": room.post}
    assert await room.cases(room.other) == []
    assert (await room.other.get(f"/cases/{case['id']}")).status_code == 404
    assert (await room.other.get("/cases/waiting")).json() == {"waiting": 0, "pending": 0}
    assert (await room.open_room.host.get("/cases/waiting")).json() == {"waiting": 1, "pending": 0}
    assert (await room.flagger.get("/cases")).status_code == 403
    author = (await room.open_room.host.get(f"/cases/{case['id']}/author")).json()
    assert author["record"] is None, "what else somebody wrote is no concern of hosts"


@pytest.mark.parametrize("actions", [["hide"], ["hide", "warn"], ["remove"], ["no_action"]])
async def test_hosts_decide_what_is_for_hosts(room: Room, actions: list[str]) -> None:
    assert (await room.decide(room.other, *actions, days=2)).status_code == 404

    decided = await room.decide(room.open_room.host, *actions, days=2)

    assert decided.status_code == 201, decided.text
    state = await raw_sql(room.open_room.db).fetchval("SELECT state FROM posts WHERE id = $1", room.post)
    assert state == ("hidden" if "hide" in actions else "published")
    undone = await room.open_room.host.delete(f"/decisions/{decided.json()['id']}")
    assert undone.json()["state"] == "open"
    assert (
        await raw_sql(room.open_room.db).fetchval("SELECT state FROM posts WHERE id = $1", room.post)
        == "published"
    )


@pytest.mark.parametrize("action", ["silence", "suspend", "lock"])
async def test_the_rest_is_for_moderators(room: Room, action: str) -> None:
    refused = await room.decide(room.open_room.host, action, days=2)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_moderator")
    alike = {
        "cases": [{"id": (await room.cases(room.open_room.host))[0]["id"], "version": 1}],
        "action": action,
        "reason": WHY,
    }
    [made] = (await room.open_room.host.post("/decisions", alike | {"days": 2})).json()["items"]
    assert made["code"] == "not_moderator"

    decided = await room.decide(room.moderator, action, days=2)
    assert decided.status_code == 201, decided.text
    back = await room.open_room.host.put(
        f"/decisions/{decided.json()['id']}/reversal", {"facts": "Not here."}
    )
    assert (back.status_code, back.json()["code"]) == (403, "not_moderator")


async def test_hosts_hear_of_it_at_once(app: Service, room: Room) -> None:
    streams = (await room.open_room.host.get("/cases")).json()["streams"]
    assert [one["channel"] for one in streams] == [f"hosting:{room.open_room.gathering}"]
    await app.run_jobs()
    async with app.listening(f"hosting:{room.open_room.gathering}", room.other.token) as feed:
        assert feed.joined["type"] == "refused"
    async with app.listening(f"hosting:{room.open_room.gathering}", room.open_room.host.token) as feed:
        assert feed.joined["type"] == "joined"
        assert (await room.decide(room.moderator, "hide")).status_code == 201
        await app.run_jobs()
        event = (await feed.next())["event"]
        assert (event["type"], event["case"]["state"]) == ("case_moved", "decided")


async def test_what_waits_by_policy_is_in_the_queue_and_settled_as_in_the_room(room: Room) -> None:
    open_room = room.open_room
    changed = await open_room.host.patch(f"/rooms/{open_room.room}", {"rules": {"premoderated": True}})
    assert changed.status_code == 200, changed.text
    first, second = [await open_room.ask(room.asker, body) for body in ("May I ask?", "And this?")]

    pending = (await open_room.host.get("/cases/pending")).json()["items"]
    assert [(one["kind"], one["id"]) for one in pending] == [
        ("question", first["id"]),
        ("question", second["id"]),
    ]
    assert (await open_room.host.get("/cases/waiting")).json() == {"waiting": 3, "pending": 2}
    assert (await open_room.host.get(f"/rooms/{open_room.room}")).json()["counts"]["pending"] == 2
    for nobody in (room.other, room.asker, room.moderator):
        assert (await nobody.get("/cases/pending")).json()["items"] == []
    page = (
        await open_room.host.client.get("/queue", headers={"Cookie": f"session={open_room.host.token}"})
    ).text
    assert "Waiting for approval" in page and "May I ask?" in page

    async def press(who: Person, one: dict[str, Any], act: str, reason: str = "") -> int:
        data = {"what": f"{one['kind']} {one['id']} {one['version']}", "act": act, "reason": reason}
        return (await who.client.post("/queue/pending", data=data, follow_redirects=False)).status_code

    assert await press(open_room.host, pending[0], "let_in") == 303
    assert await press(open_room.host, pending[1], "dismiss") == 422, "a question is dismissed for a reason"
    assert await press(open_room.host, pending[1], "dismiss", "Not for here") == 303
    assert await press(open_room.host, pending[0], "nonsense") in (400, 422)

    assert (await open_room.host.get("/cases/pending")).json()["items"] == []
    states = [
        (await open_room.host.get(f"/questions/{asked['id']}")).json()["state"] for asked in (first, second)
    ]
    assert states == ["live", "dismissed"]
    assert (await open_room.host.get(f"/rooms/{open_room.room}")).json()["counts"]["pending"] == 0
