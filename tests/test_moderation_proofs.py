"""Proofs over all that can be judged: of many who decide at once one does; what is taken back a week later is all there."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from storage.database import Database
from tests.builders import Person, a_person, a_reply, a_topic
from tests.live_talk import a_hall
from tests.stocktaking import a_board
from tests.walking import Service, plain

WHY = {"rule": "No selling", "facts": "It sells."}
AT_ONCE = 50


async def a_post(app: Service, author: Person) -> int:
    return int((await a_reply(author, (await a_topic(author))["id"]))["id"])


async def a_question(app: Service, author: Person) -> int:
    hall = await a_hall(app)
    asked = await author.post(f"/rooms/{hall.room}/questions", {"body": "Who buys my cobalt?"})
    return int(asked.json()["post"])


async def a_notice(app: Service, author: Person) -> int:
    hall = await a_hall(app)
    given = {"title": "Marketplace", "modules": ["board"]}
    room = (await hall.host.post(f"/gatherings/{hall.gathering}/rooms", given)).json()["id"]
    column = (await author.get(f"/rooms/{room}/columns")).json()["items"][0]["id"]
    given = {"title": "Cobalt", "body": "Who buys it?", "column": column}
    posted = await author.post(f"/rooms/{room}/notices", given)
    assert posted.status_code == 201, posted.text
    notice = posted.json()["id"]
    return int(await plain(app.db).fetchval("SELECT post_id FROM notices WHERE id = $1", notice))


async def an_entry(app: Service, author: Person) -> int:
    table = await a_board(app)
    entry = await table.add("Cobalt code", who=author)
    return int(await plain(app.db).fetchval("SELECT post_id FROM entries WHERE id = $1", entry["id"]))


Made = Callable[[Service, Person], Awaitable[int]]


@pytest.mark.parametrize("made", [a_post, a_question, a_notice, an_entry])
async def test_of_fifty_who_decide_at_once_one_does_and_the_others_are_told(
    app: Service, db: Database, made: Made
) -> None:
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    judges = [await a_person(app, f"Judge{n}", duties=[("administrator", None)]) for n in range(5)]
    post = await made(app, author)
    assert (await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    case = (await judges[0].get("/cases")).json()["items"][0]["id"]

    async def decide(place: int) -> Any:
        reason = {"rule": "No selling", "facts": f"It sells, says {place}."}
        given = {"version": 1, "action": "hide", "reason": reason}
        return await judges[place % 5].post(f"/cases/{case}/decisions", given)

    answers = await asyncio.gather(*(decide(place) for place in range(AT_ONCE)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}
    [winner] = [answer.json() for answer in answers if answer.status_code == 201]
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "case_moved_on"
            assert [one["id"] for one in answer.json()["current"]["decisions"]] == [winner["id"]]
    assert await plain(db).fetchval("SELECT count(*) FROM decisions WHERE case_id = $1", case) == 1
    hidden = "SELECT count(*) FROM log WHERE event ->> 'type' = 'post_hidden' AND event ->> 'post_id' = $1"
    assert await plain(db).fetchval(hidden, str(post)) == 1


_MOVES = {"version", "stream", "rank"}


def still(value: Any) -> Any:
    """Without what counts up, or goes with the time."""
    if isinstance(value, dict):
        return {name: still(each) for name, each in value.items() if name not in _MOVES}
    return [still(each) for each in value] if isinstance(value, list) else value


async def test_what_is_taken_back_a_week_later_is_all_there_again(app: Service) -> None:
    hall = await a_hall(app)
    people = [await a_person(app, name) for name in ("Author", "Reader", "Flagger")]
    author, reader, flagger = people
    root = await a_person(app, "Root", duties=[("administrator", None)])
    topic = (await a_topic(author))["id"]
    post = await a_reply(author, topic, f"Look here, @{reader.handle}")
    await a_reply(flagger, topic, "I answer", post["id"])
    asked = (await author.post(f"/rooms/{hall.room}/questions", {"body": "Who buys my cobalt?"})).json()
    for voter in (reader, flagger):
        assert (await voter.put(f"/questions/{asked['id']}/vote", {"value": 1})).status_code == 200
        assert (await voter.put(f"/posts/{post['id']}/reactions/kind")).status_code < 300
    assert (await reader.put(f"/topics/{topic}/reading", {"number": 2})).status_code < 300
    await app.settle()

    async def world() -> list[Any]:
        paths = [f"/topics/{topic}", f"/topics/{topic}/posts", f"/rooms/{hall.room}/questions", "/inbox"]
        seen = [still((await person.get(path)).json()) for person in people for path in paths]
        for page in seen:
            if "unread" in page:  # that it was decided stays told
                page["items"] = [item for item in page["items"] if not item["decision"]]
                page["unread"] = len([item for item in page["items"] if not item["is_read"]])
        return seen

    before = await world()
    now = clock.now()
    decisions = []
    for about in (post["id"], asked["post"]):
        assert (await flagger.post(f"/posts/{about}/flags", {"reason": "spam"})).status_code == 201
        case = (await root.get("/cases")).json()["items"][0]
        given = {"version": case["version"], "action": "hide", "reason": WHY}
        decisions.append((await root.post(f"/cases/{case['id']}/decisions", given)).json()["id"])
    await app.settle()
    assert await world() != before

    with clock.stop_at(now + timedelta(days=7)):
        later = await a_person(app, "Later", duties=[("administrator", None)])
        for decision in decisions:
            taken = await later.put(f"/decisions/{decision}/reversal", {"facts": "It was a quotation."})
            assert taken.status_code == 200, taken.text
        await app.settle()
        after = await world()

    for old, new in zip(before, after, strict=True):
        assert old == new
