"""Tests of the status of topics: kinds, accepted answers, closing, pins, slow mode, timers that run once, assignments."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from core import clock
from forum.topics import timer_jobs
from storage.database import Database
from tests.support.discussion import a_moderator
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def topic_of(person: Person, topic: int) -> dict[str, Any]:
    shown: dict[str, Any] = (await person.get(f"/topics/{topic}")).json()
    return shown


async def fall_due(db: Database, at: datetime) -> int:
    """What two workers find due at a time, each until there is nothing left; how many pieces."""
    with clock.stop_at(at):

        async def work() -> int:
            done = 0
            while await timer_jobs.run_next_timer(db):
                done += 1
            return done

        return sum(await asyncio.gather(work(), work()))


async def test_who_asked_accepts_an_answer_and_it_is_shown_while_it_can_be_read(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic = await a_topic(amina, kind="question")
    assert topic["kind"] == "question"
    answer = (await a_reply(jonas, topic["id"], "Use the **second** scheme."))["id"]
    other = (await a_reply(jonas, (await a_topic(amina))["id"]))["id"]
    path = f"/topics/{topic['id']}/answer"
    first = (await amina.get(f"/topics/{topic['id']}/posts")).json()["items"][0]["id"]

    assert (await jonas.put(path, {"post": answer})).status_code == 403
    for wrong in (other, first, 2**40):
        refused = await amina.put(path, {"post": wrong})
        assert (refused.status_code, refused.json()["code"]) == (409, "no_answer")
    assert (await amina.put(path, {"post": answer})).status_code == 204
    assert (await topic_of(jonas, topic["id"]))["answer"] == answer
    page = (await client.get(f"/t/{topic['id']}/cobalt-tracing")).text
    assert page.count("Accepted answer") == 2
    assert "Answered" in (await client.get("/s/mobility")).text

    assert (await jonas.delete(f"/posts/{answer}")).status_code == 200
    assert (await topic_of(amina, topic["id"]))["answer"] is None
    assert "Accepted answer" not in (await client.get(f"/t/{topic['id']}/cobalt-tracing")).text
    assert (await jonas.delete(f"/posts/{answer}/withdrawal")).status_code == 200
    assert (await topic_of(amina, topic["id"]))["answer"] == answer
    # What goes to another topic answers nothing here.
    await fatou.post(f"/topics/{topic['id']}/moves", {"posts": [answer], "title": "Elsewhere"})
    assert (await topic_of(amina, topic["id"]))["answer"] is None

    untyped_path = (await a_topic(amina))["id"]
    some = (await a_reply(jonas, untyped_path))["id"]
    refused = await amina.put(f"/topics/{untyped_path}/answer", {"post": some})
    assert refused.json()["code"] == "not_a_question"
    assert (await amina.patch(f"/topics/{untyped_path}", {"kind": "question"})).json()["kind"] == "question"
    assert (await amina.put(f"/topics/{untyped_path}/answer", {"post": some})).status_code == 204
    assert (await amina.patch(f"/topics/{untyped_path}", {"kind": "discussion"})).json()["answer"] is None


async def test_only_moderators_announce(app: Service) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    new = {"title": "The next webinar", "body": "On Tuesday.", "kind": "announcement"}
    refused = await amina.post("/sectors/mobility/topics", new)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_moderator")
    assert (await fatou.post("/sectors/electronics/topics", new)).status_code == 403
    made = await fatou.post("/sectors/mobility/topics", new)
    assert (made.status_code, made.json()["kind"]) == (201, "announcement")
    own = (await a_topic(amina))["id"]
    assert (await amina.patch(f"/topics/{own}", {"kind": "announcement"})).status_code == 403
    assert (await fatou.patch(f"/topics/{own}", {"kind": "announcement"})).status_code == 200
    assert (await amina.patch(f"/topics/{own}", {"kind": "discussion"})).status_code == 403
    await raw_sql(app.db).execute("UPDATE topics SET kind = 'mail' WHERE id = $1", own)
    assert (await fatou.patch(f"/topics/{own}", {"kind": "discussion"})).json()["code"] == "kind_stays"


async def test_a_closed_topic_says_why_and_an_archived_one_is_listed_apart(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic = (await a_topic(amina))["id"]
    assert (await amina.put(f"/topics/{topic}/closing", {"reason": "x"})).status_code == 403
    assert (
        await fatou.put(f"/topics/{topic}/closing", {"reason": "It goes on in <Vienna>."})
    ).status_code == 204
    assert (await topic_of(amina, topic))["closed_because"] == "It goes on in <Vienna>."
    page = (await client.get(f"/t/{topic}/cobalt-tracing")).text
    assert "It goes on in &lt;Vienna&gt;." in page
    assert (await amina.post(f"/topics/{topic}/posts", {"body": "x"})).json()["code"] == "topic_locked"

    assert (await fatou.put(f"/topics/{topic}/archive")).status_code == 204
    listed = {}
    for order in ("active", "archived"):
        page = (await client.get(f"/api/v1/sectors/mobility/topics?order={order}")).json()
        listed[order] = [item["id"] for item in page["items"]]
    assert listed == {"active": [], "archived": [topic]}
    assert (await client.get(f"/t/{topic}/cobalt-tracing")).status_code == 200

    assert (await fatou.delete(f"/topics/{topic}/lock")).status_code == 204
    shown = await topic_of(amina, topic)
    assert (shown["state"], shown["closed_because"], shown["archived_at"]) == ("open", None, None)
    await a_reply(amina, topic)


async def test_a_pinned_topic_stands_above_until_its_end(
    app: Service, db: Database, client: httpx2.AsyncClient
) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic = (await a_topic(amina, "The pinned one"))["id"]
    await a_topic(amina, "The latest one")
    until = clock.now() + timedelta(days=2)
    past = await fatou.put(f"/topics/{topic}/pin", {"until": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["code"]) == (422, "already_past")
    assert (await fatou.put(f"/topics/{topic}/pin", {"until": until.isoformat()})).status_code == 204
    page = (await client.get("/api/v1/sectors/mobility/topics")).json()
    assert [item["id"] for item in page["pinned"]] == [topic]
    assert len(page["items"]) == 2
    html = (await client.get("/s/mobility")).text
    assert html.index("The pinned one") < html.index("The latest one")
    assert html.count("The pinned one") == 1

    assert await fall_due(db, until - timedelta(seconds=1)) == 0
    with clock.stop_at(until):
        assert (await client.get("/api/v1/sectors/mobility/topics")).json()["pinned"] == []
    assert await fall_due(db, until) >= 1
    assert (await topic_of(amina, topic))["pinned_at"] is None
    await fatou.put(f"/topics/{topic}/pin", {})
    assert (await fatou.delete(f"/topics/{topic}/pin")).status_code == 204
    assert (await topic_of(amina, topic))["pinned_at"] is None


async def test_slow_mode_holds_for_replies_and_changes_of_all_but_moderators(
    app: Service, db: Database
) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic = (await a_topic(amina))["id"]
    start = datetime(2026, 11, 26, 12, tzinfo=UTC)
    with clock.stop_at(start):
        until = (start + timedelta(hours=2)).isoformat()
        assert (await amina.put(f"/topics/{topic}/slow", {"seconds": 600})).status_code == 403
        assert (await fatou.put(f"/topics/{topic}/slow", {"seconds": 600, "until": until})).status_code == 204
        post = await a_reply(jonas, topic)
        answers = await asyncio.gather(
            *(amina.post(f"/topics/{topic}/posts", {"body": f"{n}"}) for n in range(6))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 429, 429, 429, 429, 429]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("topic_slow", "600")
        edit = await jonas.patch(f"/posts/{post['id']}", {"body": "Changed."})
        assert (edit.status_code, edit.json()["code"]) == (429, "topic_slow")
        for _ in range(2):
            await a_reply(fatou, topic)
    with clock.stop_at(start + timedelta(seconds=600)):
        assert (await jonas.patch(f"/posts/{post['id']}", {"body": "Changed."})).status_code == 200
        assert (await jonas.post(f"/topics/{topic}/posts", {"body": "too soon"})).status_code == 429
    with clock.stop_at(start + timedelta(hours=2)):
        for _ in range(2):
            await a_reply(jonas, topic)
    assert await fall_due(db, start + timedelta(hours=2)) >= 1
    assert (await topic_of(amina, topic))["slow_seconds"] == 0


async def test_what_falls_due_happens_once_with_two_workers(app: Service, db: Database) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topics = [(await a_topic(amina, f"Topic {n}"))["id"] for n in range(6)]
    start = clock.now()
    at = (start + timedelta(hours=1)).isoformat()
    for n, topic in enumerate(topics):
        kind = ("close", "archive", "remind")[n % 3]
        assert (await amina.put(f"/topics/{topic}/timers/{kind}", {"at": at})).status_code == 403
        put = await fatou.put(f"/topics/{topic}/timers/{kind}", {"at": at, "note": f"Note {n}"})
        assert put.status_code == 204, put.text
    await fatou.put(f"/topics/{topics[0]}/timers/open", {"at": (start + timedelta(hours=2)).isoformat()})
    timers = (await fatou.get(f"/topics/{topics[0]}/timers")).json()["items"]
    assert [timer["kind"] for timer in timers] == ["close", "open"]
    assert (await amina.get(f"/topics/{topics[0]}/timers")).status_code == 403
    heads = {topic: (await topic_of(amina, topic))["stream"]["seq"] for topic in topics}

    assert await fall_due(db, start + timedelta(minutes=59)) == 0
    assert await fall_due(db, start + timedelta(minutes=61)) >= 6

    shown = [await topic_of(amina, topic) for topic in topics]
    assert [topic["state"] for topic in shown] == ["locked", "locked", "open"] * 2
    assert [topic["closed_because"] for topic in shown] == ["Note 0", None, None, "Note 3", None, None]
    assert [bool(topic["archived_at"]) for topic in shown] == [False, True, False] * 2
    assert [topic["stream"]["seq"] - heads[topic["id"]] for topic in shown] == [1, 1, 0] * 2
    told = (await fatou.get("/inbox")).json()["items"]
    assert [(item["kind"], item["reason"]) for item in told] == [
        ("reminder", "Note 5"),
        ("reminder", "Note 2"),
    ]
    assert await fall_due(db, start + timedelta(hours=2)) >= 1
    assert (await topic_of(amina, topics[0]))["state"] == "open"
    assert await raw_sql(db).fetchval("SELECT count(*) FROM topic_timers") == 0
    # A reminder taken off is none; the same again is told again.
    await fatou.put(f"/topics/{topics[1]}/timers/remind", {"at": (start + timedelta(hours=3)).isoformat()})
    assert (await fatou.delete(f"/topics/{topics[1]}/timers/remind")).status_code == 204
    await fatou.put(f"/topics/{topics[2]}/timers/remind", {"at": (start + timedelta(hours=3)).isoformat()})
    assert await fall_due(db, start + timedelta(hours=3)) == 1
    assert len((await fatou.get("/inbox")).json()["items"]) == 2


async def test_who_is_assigned_is_told_and_says_how_far_it_is(app: Service, db: Database) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic = (await a_topic(amina))["id"]
    path = f"/topics/{topic}/assignment"
    for person in (amina, jonas):
        assert (await person.put(path, {"member": jonas.handle})).status_code == 403
    nobody = await fatou.put(path, {"member": "nobody-at-all"})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "nobody_to_assign")
    assert (await fatou.put(path, {"member": jonas.handle})).status_code == 204
    assert [item["kind"] for item in (await jonas.get("/inbox")).json()["items"]] == ["assigned"]
    assert [item["id"] for item in (await jonas.get("/me/assigned")).json()["items"]] == [topic]

    assert (await jonas.put(path, {"member": jonas.handle, "status": "in_progress"})).status_code == 204
    assert (await jonas.put(path, {"member": amina.handle})).status_code == 403
    shown = (await topic_of(amina, topic))["assignment"]
    assert (shown["member"]["id"], shown["status"]) == (jonas.id, "in_progress")
    assert (await jonas.delete(path)).status_code == 204
    assert (await topic_of(amina, topic))["assignment"] is None

    # What somebody cannot read is nobody's to be given, and leaves the list of who had it.
    await fatou.put(path, {"member": jonas.handle})
    await raw_sql(db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", topic)
    assert (await jonas.get("/me/assigned")).json()["items"] == []
    assert (await fatou.put(path, {"member": amina.handle})).json()["code"] == "nobody_to_assign"


@pytest.mark.parametrize("deed", ["pin", "slow", "archive", "assignment"])
async def test_what_belongs_to_a_room_is_not_tended_as_a_topic(app: Service, db: Database, deed: str) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic = (await a_topic(amina))["id"]
    await raw_sql(db).execute("UPDATE topics SET kind = 'room' WHERE id = $1", topic)
    bodies: dict[str, Any] = {"pin": {}, "slow": {"seconds": 60}, "assignment": {"member": amina.handle}}
    refused = await fatou.put(f"/topics/{topic}/{deed}", bodies.get(deed))
    assert (refused.status_code, refused.json()["code"]) == (409, "topic_stays")
