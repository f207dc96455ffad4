"""Moderators working together: claims, notes, decisions about several cases, and undoing."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from storage.database import Database
from tests.support.moderation.cases import WHY, decide_to_hide, mails
from tests.support.people import Person, a_person, a_reply, a_topic, answered
from tests.support.service import Service, raw_sql

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class ModeratorQueue(Struct):
    """Two moderators of a sector with open cases, and a moderator of another sector."""

    ada: Person
    ben: Person
    stranger: Person
    flagger: Person
    topic: int
    posts: list[int]
    cases: list[int]


@pytest_asyncio.fixture
async def moderator_queue(app: Service) -> ModeratorQueue:
    """Provide three open cases."""
    ada, ben = [await a_person(app, name, duties=[("moderator", "mobility")]) for name in ("Ada", "Ben")]
    stranger = await a_person(app, "Stan", duties=[("moderator", "electronics")])
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    topic = (await a_topic(author))["id"]
    posts = [(await a_reply(author, topic, f"Buy {n}"))["id"] for n in range(3)]
    for post in posts:
        assert (await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    cases = {case["object"]["id"]: case["id"] for case in (await ada.get("/cases")).json()["items"]}
    return ModeratorQueue(ada, ben, stranger, flagger, topic, posts, [cases[post] for post in posts])


async def claim_of(person: Person, case: int) -> str | None:
    claim = (await person.get(f"/cases/{case}")).json()["claim"]
    return claim and claim["by"]["display_name"]


async def test_who_is_at_a_case_is_seen_by_the_others_and_lapses(moderator_queue: ModeratorQueue) -> None:
    case = moderator_queue.cases[0]
    with clock.stop_at(NOON):
        ada = await a_person(moderator_queue.ada.service, "Ada", duties=[("moderator", "mobility")])
        ben = await a_person(moderator_queue.ada.service, "Ben", duties=[("moderator", "mobility")])
        assert (await ada.put(f"/cases/{case}/claim", {})).json()["claim"]["by"]["handle"] == ada.handle
        answer = await ben.put(f"/cases/{case}/claim", {})
        assert answer.json()["claim"]["by"]["handle"] == ada.handle, "it stays hers"
    with clock.stop_at(NOON + timedelta(minutes=1)):
        await ada.put(f"/cases/{case}/claim", {})
    with clock.stop_at(NOON + timedelta(minutes=2, seconds=59)):
        assert await claim_of(ben, case) == "Ada"
    with clock.stop_at(NOON + timedelta(minutes=3)):
        assert await claim_of(ada, case) is None
        assert (await ben.put(f"/cases/{case}/claim", {})).json()["claim"]["by"]["handle"] == ben.handle
        await ada.delete(f"/cases/{case}/claim")
        assert await claim_of(ada, case) == "Ben"
        await ben.delete(f"/cases/{case}/claim")
        assert await claim_of(ada, case) is None


async def test_a_claim_hinders_nobody_from_deciding_and_ends_with_the_decision(
    moderator_queue: ModeratorQueue,
) -> None:
    case = moderator_queue.cases[0]
    await moderator_queue.ada.put(f"/cases/{case}/claim", {})

    await decide_to_hide(moderator_queue.ben, case)

    assert await claim_of(moderator_queue.ada, case) is None


async def test_a_case_is_handed_to_somebody_who_may_decide_it(moderator_queue: ModeratorQueue) -> None:
    case = moderator_queue.cases[0]
    await moderator_queue.ben.put(f"/cases/{case}/claim", {})
    for handle in (moderator_queue.stranger.handle, moderator_queue.flagger.handle, "nobody"):
        refused = await moderator_queue.ada.put(f"/cases/{case}/claim", {"member": handle})
        assert (refused.status_code, refused.json()["field"]) == (422, "member")
    assert await claim_of(moderator_queue.ada, case) == "Ben"

    handed = await moderator_queue.ben.put(f"/cases/{case}/claim", {"member": moderator_queue.ada.handle})

    assert handed.json()["claim"]["by"]["handle"] == moderator_queue.ada.handle
    with clock.stop_at(clock.now() + timedelta(hours=11)):
        assert await claim_of(moderator_queue.ben, case) == "Ada"


async def test_claims_and_notes_are_heard_by_the_others_on_the_queue(
    app: Service, db: Database, moderator_queue: ModeratorQueue
) -> None:
    sector = await raw_sql(db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'")
    async with app.listening(f"queue:{sector}", moderator_queue.ben.token) as feed:
        assert feed.joined["type"] == "joined"
        await moderator_queue.ada.put(f"/cases/{moderator_queue.cases[0]}/claim", {})
        event = (await feed.next())["event"]
        assert (event["type"], event["case"]["claim"]["by"]["handle"]) == (
            "case_claimed",
            moderator_queue.ada.handle,
        )
        await moderator_queue.ada.put(f"/cases/{moderator_queue.cases[0]}/claim", {})  # staying is no news
        await moderator_queue.ada.post(
            f"/cases/{moderator_queue.cases[0]}/notes", {"body": "He did it before."}
        )
        event = (await feed.next())["event"]
        assert event["type"] == "case_noted"
        assert "He did it before" not in str(event), (
            "what is for those who may decide is not told to all who listen"
        )
    shown = (await moderator_queue.ben.get(f"/cases/{moderator_queue.cases[0]}")).json()
    assert [(note["by"]["handle"], note["body"]) for note in shown["discussion"]] == [
        (moderator_queue.ada.handle, "He did it before.")
    ]


async def test_who_is_involved_reads_no_notes_and_writes_none(
    app: Service, moderator_queue: ModeratorQueue
) -> None:
    both = await a_person(app, "Both", duties=[("moderator", "mobility")])
    await both.post(f"/posts/{moderator_queue.posts[0]}/flags", {"reason": "spam"})
    await moderator_queue.ada.post(f"/cases/{moderator_queue.cases[0]}/notes", {"body": "He did it before."})

    shown = await both.get(f"/cases/{moderator_queue.cases[0]}")

    assert shown.status_code == 200
    assert "He did it before" not in shown.text
    assert (await both.post(f"/cases/{moderator_queue.cases[0]}/notes", {"body": "x"})).status_code == 403
    assert (await both.put(f"/cases/{moderator_queue.cases[0]}/claim", {})).status_code == 403


async def test_no_note_is_lost_when_many_write_at_once(moderator_queue: ModeratorQueue) -> None:
    case = moderator_queue.cases[0]
    sent = [
        answered(partial(person.post, f"/cases/{case}/notes", {"body": f"{person.handle} {n}"}))
        for n in range(10)
        for person in (moderator_queue.ada, moderator_queue.ben)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*sent)} == {201}

    found = [note["body"] for note in (await moderator_queue.ada.get(f"/cases/{case}")).json()["discussion"]]

    assert sorted(found) == sorted(
        f"{person.handle} {n}" for n in range(10) for person in (moderator_queue.ada, moderator_queue.ben)
    )


async def test_several_cases_are_decided_with_one_reason_each_by_itself(
    moderator_queue: ModeratorQueue,
) -> None:
    await decide_to_hide(moderator_queue.ben, moderator_queue.cases[1])
    given = {
        "cases": [
            *({"id": case, "version": 1} for case in moderator_queue.cases),
            {"id": 999_999_999, "version": 1},
        ],
        "action": "hide",
        "reason": WHY,
    }
    made = (await moderator_queue.ada.post("/decisions", given)).json()["items"]

    assert [one["case"] for one in made] == [*moderator_queue.cases, 999_999_999]
    assert [one["code"] for one in made] == [None, "case_moved_on", None, "not_found"]
    again = (await moderator_queue.ada.post("/decisions", given)).json()["items"]
    assert [one["decision"] for one in again] == [one["decision"] for one in made], (
        "the same again is the same"
    )
    assert (await moderator_queue.stranger.post("/decisions", given)).json()["items"][0][
        "code"
    ] == "not_found"


async def test_undone_within_twelve_seconds_everything_is_as_before(
    app: Service, db: Database, moderator_queue: ModeratorQueue
) -> None:
    case, post = moderator_queue.cases[0], moderator_queue.posts[0]

    async def seen() -> list[Any]:
        async with app.client() as visitor:
            topic = (await visitor.get(f"/api/v1/topics/{moderator_queue.topic}")).json()
            return [
                topic["posts"],
                (await visitor.get(f"/api/v1/posts/{post}")).json().get("body"),
                (await visitor.get("/api/v1/ledger")).json()["items"],
                (await visitor.get(f"/api/v1/transparency/{clock.now().year}")).json()["decisions"],
                await raw_sql(db).fetchval("SELECT count(*) FROM notifications"),
            ]

    before = await seen()
    now = clock.now()
    with clock.stop_at(now):
        decision = await decide_to_hide(moderator_queue.ada, case)
        assert (await seen())[0] == before[0] - 1
    with clock.stop_at(now + timedelta(seconds=11.9)):
        assert (await moderator_queue.ben.delete(f"/decisions/{decision['id']}")).json()[
            "code"
        ] == "not_your_decision"
        undone = await moderator_queue.ada.delete(f"/decisions/{decision['id']}")
        assert undone.status_code == 200, undone.text
        assert (undone.json()["state"], undone.json()["decisions"]) == ("open", [])
    with clock.stop_at(now + timedelta(minutes=1)):
        await app.run_jobs()
        assert await seen() == before
        assert (await moderator_queue.ada.get("/cases")).json()["items"][0]["id"] == case
        assert (await moderator_queue.ada.delete(f"/decisions/{decision['id']}")).status_code == 404
        assert await raw_sql(db).fetchval("SELECT count(*) FROM decisions WHERE undone_at IS NOT NULL") == 1
        await decide_to_hide(moderator_queue.ben, case, version=3)


async def test_after_twelve_seconds_nothing_is_undone(moderator_queue: ModeratorQueue) -> None:
    now = clock.now()
    with clock.stop_at(now):
        decision = await decide_to_hide(moderator_queue.ada, moderator_queue.cases[0])
    with clock.stop_at(now + timedelta(seconds=12)):
        refused = await moderator_queue.ada.delete(f"/decisions/{decision['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "too_late_to_undo")


async def test_what_was_reported_anew_before_the_undoing_stays_one_open_case(
    app: Service, moderator_queue: ModeratorQueue
) -> None:
    case, post = moderator_queue.cases[0], moderator_queue.posts[0]
    now = clock.now()
    with clock.stop_at(now):
        given = {"version": 1, "action": "no_action"}
        decision = (await moderator_queue.ada.post(f"/cases/{case}/decisions", given)).json()
        another = await a_person(app, "Another")
        assert (await another.post(f"/posts/{post}/flags", {"reason": "abusive"})).status_code == 201
        assert (await moderator_queue.ada.delete(f"/decisions/{decision['id']}")).status_code == 200

        cases = [
            case
            for case in (await moderator_queue.ada.get("/cases")).json()["items"]
            if case["object"]["id"] == post
        ]

    (joined,) = cases
    assert joined["id"] != case
    assert {reason["reason"] for reason in joined["reasons"]} == {"spam", "abusive"}


@pytest.mark.parametrize("seed", range(2))
async def test_two_who_decide_and_undo_at_once_leave_one_state(
    moderator_queue: ModeratorQueue, seed: int
) -> None:
    case = moderator_queue.cases[seed]
    decision = await decide_to_hide(moderator_queue.ada, case)
    undone, second = await asyncio.gather(
        moderator_queue.ada.delete(f"/decisions/{decision['id']}"),
        moderator_queue.ben.post(f"/cases/{case}/decisions", {"version": 3, "action": "no_action"}),
    )
    assert undone.status_code == 200
    shown = (await moderator_queue.ben.get(f"/cases/{case}")).json()
    assert shown["state"] == ("decided" if second.status_code == 201 else "open")
    assert len(shown["decisions"]) == (second.status_code == 201)


async def test_what_is_handed_to_the_administrators_is_theirs_until_they_give_it_back(
    app: Service, moderator_queue: ModeratorQueue
) -> None:
    case = moderator_queue.cases[0]
    root = await a_person(app, "Root", duties=[("administrator", None)])
    mails(app)

    handed = await moderator_queue.ada.put(
        f"/cases/{case}/escalation", {"body": "It names a person in danger."}
    )

    assert (handed.status_code, handed.json()["escalated_at"] is None) == (200, False)
    version = handed.json()["version"]
    refused = await moderator_queue.ada.post(
        f"/cases/{case}/decisions", {"version": version, "action": "hide", "reason": WHY}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "for_administrators")
    again = await moderator_queue.ben.put(f"/cases/{case}/escalation", {"body": "Twice"})
    assert (again.status_code, again.json()["version"]) == (200, version), "once is enough"
    await app.run_jobs()
    [mail] = mails(app)
    assert mail["to"] == f"{root.handle}@example.org"
    assert f"/queue?case={case}" in mail.get_content()
    assert [note["body"] for note in (await root.get(f"/cases/{case}")).json()["discussion"]] == [
        "It names a person in danger."
    ]
    assert (await moderator_queue.ben.delete(f"/cases/{case}/escalation")).status_code == 403

    given_back = await root.delete(f"/cases/{case}/escalation")

    assert given_back.json()["escalated_at"] is None
    await decide_to_hide(moderator_queue.ada, case, given_back.json()["version"])
    assert (await moderator_queue.ada.put(f"/cases/{case}/escalation", {"body": "Late"})).json()[
        "code"
    ] == "case_decided"
