"""Decisions that move content, or withdraw it for its author: they need a reason, notify the author, and can be
reversed."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

WHY = {"rule": "One topic, one subject", "facts": "It is about something else."}


class Talk(Struct):
    """A topic with a flagged post, another topic, and the moderators who decide."""

    app: Service
    author: Person
    flagger: Person
    judge: Person
    root: Person
    topic: int
    other: int
    post: int

    async def flag(self, kind: str) -> dict[str, Any]:
        path = f"/posts/{self.post}/flags" if kind == "post" else f"/topics/{self.topic}/flags"
        assert (await self.flagger.post(path, {"reason": "off_topic"})).status_code == 201
        [case] = [
            one for one in (await self.root.get("/cases")).json()["items"] if one["object"]["kind"] == kind
        ]
        return dict(case)

    async def decide(self, kind: str, action: str, who: Person | None = None, **more: Any) -> Any:
        case = await self.flag(kind)
        given = {"version": case["version"], "action": action, "reason": WHY} | more
        return await (who or self.root).post(f"/cases/{case['id']}/decisions", given)

    async def world(self) -> Any:
        """Return where each post and topic is, as everybody sees it."""
        seen: list[Any] = []
        for topic in (self.topic, self.other):
            answer = await self.author.get(f"/topics/{topic}")
            # A merged topic redirects to the other one.
            if answer.status_code != 200:
                seen.append(None)
                continue
            facts = answer.json()
            posts = (await self.author.get(f"/topics/{topic}/posts")).json()["items"]
            shown = [(post["id"], post["html"]) for post in posts]
            seen.append((facts["sector"], facts["state"], facts["posts"], shown))
        return seen


@pytest_asyncio.fixture
async def talk(app: Service) -> Talk:
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    judge = await a_person(app, "Judge", duties=[("moderator", "mobility")])
    root = await a_person(app, "Root", duties=[("administrator", None)])
    topic, other = [(await a_topic(author, title))["id"] for title in ("Cobalt and tin", "Tin alone")]
    post = (await a_reply(author, topic, "About tin"))["id"]
    return Talk(app, author, flagger, judge, root, topic, other, post)


CASES = [
    ("post", "move", {"into": "other"}),
    ("post", "split", {"title": "Tin by itself"}),
    ("post", "withdraw", {}),
    ("topic", "move", {"sector": "electronics"}),
    ("topic", "merge", {"into": "other"}),
    ("topic", "duplicate", {"into": "other"}),
]


@pytest.mark.parametrize(("kind", "action", "place"), CASES)
async def test_it_is_done_with_a_reason_told_to_the_author_and_taken_back(
    talk: Talk, kind: str, action: str, place: dict[str, Any]
) -> None:
    place = place | ({"into": talk.other} if "into" in place else {})
    before = await talk.world()

    unreasoned = await talk.decide(kind, action, reason=None, **place)
    assert (unreasoned.status_code, unreasoned.json()["code"]) == (422, "reason_missing")
    decided = await talk.decide(kind, action, **place)
    assert decided.status_code == 201, decided.text
    assert await talk.world() != before

    with clock.stop_at(clock.now() + timedelta(days=7)):
        await talk.app.run_jobs()
        told = (await talk.author.get("/inbox")).json()["items"]
        assert [one["decision"] for one in told if one["decision"]] == [decided.json()["id"]]
        statement = (await talk.author.get(f"/decisions/{decided.json()['id']}")).json()
        assert (statement["action"], statement["may_appeal"]) == (action, True)
        root = await a_person(talk.app, "Later", duties=[("administrator", None)])
        back = await root.put(f"/decisions/{decided.json()['id']}/reversal", {"facts": "It belongs here."})
        assert back.status_code == 200, back.text
        await talk.app.run_jobs()
    talk.author = await fresh(talk)
    assert await talk.world() == before


async def fresh(talk: Talk) -> Person:
    return await a_person(talk.app, "Reader")


@pytest.mark.parametrize(("kind", "action", "place"), CASES)
async def test_it_is_undone_within_twelve_seconds(
    talk: Talk, kind: str, action: str, place: dict[str, Any]
) -> None:
    place = place | ({"into": talk.other} if "into" in place else {})
    before = await talk.world()
    decided = await talk.decide(kind, action, **place)
    assert decided.status_code == 201, decided.text

    undone = await talk.root.delete(f"/decisions/{decided.json()['id']}")

    assert undone.status_code == 200, undone.text
    assert (await talk.world(), undone.json()["state"]) == (before, "open")


@pytest.mark.parametrize(
    ("kind", "action", "place", "code"),
    [
        ("post", "move", {}, "place_missing"),
        ("post", "split", {}, "place_missing"),
        ("post", "merge", {"into": 1}, "not_for_this"),
        ("topic", "split", {"title": "Elsewhere"}, "not_for_this"),
        ("topic", "move", {}, "place_missing"),
        ("topic", "duplicate", {}, "place_missing"),
        ("topic", "merge", {"into": 999_999_999}, "not_found"),
        ("topic", "duplicate", {"into": 999_999_999}, "not_found"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_happens(
    talk: Talk, kind: str, action: str, place: dict[str, Any], code: str
) -> None:
    before = await talk.world()
    refused = await talk.decide(kind, action, **place)
    assert (refused.json()["code"], await talk.world()) == (code, before)
    assert await raw_sql(talk.app.db).fetchval("SELECT count(*) FROM decisions") == 0


async def test_who_moderates_one_place_alone_moves_nothing_to_the_other(talk: Talk) -> None:
    refused = await talk.decide("topic", "move", talk.judge, sector="electronics")
    assert refused.status_code == 403, refused.text
    assert await raw_sql(talk.app.db).fetchval("SELECT count(*) FROM decision_moves") == 0


async def test_it_is_done_on_the_page_too(talk: Talk) -> None:
    case = await talk.flag("post")
    page = (await talk.judge.client.get(f"/queue?case={case['id']}")).text
    assert 'value="split"' in page and 'value="withdraw"' in page
    data = {"act": "move", "version": case["version"], "into": f"/t/{talk.other}/tin-alone", **WHY}
    sent = await talk.judge.client.post(f"/queue/{case['id']}", data=data, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    posts = (await talk.author.get(f"/topics/{talk.other}/posts")).json()["items"]
    assert talk.post in [post["id"] for post in posts]
