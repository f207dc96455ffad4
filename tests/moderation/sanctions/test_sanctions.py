"""Sanctions: who can impose which, how fast they apply, how they end, and what members can still do."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from core import clock
from moderation.policy import UNDO_WINDOW
from moderation.sanctions.ladder import Ladder, LadderStep
from moderation.sanctions.sanctions import end_next_sanction
from storage.database import Database
from tests.support.browser import Windows
from tests.support.moderation.appeals import DecidedCase, decided_case  # noqa: F401 (a fixture)
from tests.support.moderation.cases import WHY, decide, mails
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room
from tests.support.service import Service, raw_sql

# A moderator who decides second gets a 409, which browsers log.
pytestmark = pytest.mark.console_errors("409")


async def writes(person: Person, topic: int) -> int:
    return (await person.post(f"/topics/{topic}/posts", {"body": "May I?"})).status_code


async def elsewhere(person: Person) -> int:
    given = {"title": "Somewhere else", "body": "May I?"}
    return (await person.post("/sectors/electronics/topics", given)).status_code


async def a_root(app: Service) -> Person:
    return await a_person(app, "Root", duties=[("administrator", None)])


async def test_several_actions_are_one_decision_with_one_reason(decided_case: DecidedCase) -> None:
    made = await decide(decided_case.ada, decided_case.case, "hide", "lock", "silence", days=3)

    assert made.status_code == 201, made.text
    decisions = (await decided_case.ada.get(f"/cases/{decided_case.case}")).json()["decisions"]
    assert [one["action"] for one in decisions] == ["hide", "lock", "silence"]
    assert [one["reason"] for one in decisions] == [WHY] * 3
    assert await writes(decided_case.author, decided_case.topic) == 403
    assert await writes(decided_case.member, decided_case.topic) == 403, "it is locked"
    assert (await decided_case.member.get(f"/posts/{decided_case.post}")).json()["state"] == "hidden"
    again = await decide(decided_case.ada, decided_case.case, "hide", "lock", "silence", days=3)
    assert (again.status_code, again.json()["id"]) == (201, made.json()["id"]), "the same is the same"


async def test_all_of_it_is_undone_together_without_a_trace(
    app: Service, db: Database, decided_case: DecidedCase
) -> None:
    made = (await decide(decided_case.ada, decided_case.case, "hide", "lock", "suspend", days=3)).json()

    undone = await decided_case.ada.delete(f"/decisions/{made['id']}")

    assert (undone.status_code, undone.json()["decisions"]) == (200, [])
    assert await writes(decided_case.author, decided_case.topic) == 201
    assert (await decided_case.author.get("/me/sanctions")).json() == {"items": []}
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        await app.run_jobs()
        assert mails(app) == []
        ledger = (await decided_case.member.get("/ledger")).json()["items"]
    assert [entry for entry in ledger if entry["case"] == decided_case.case] == []
    assert await raw_sql(db).fetchval("SELECT count(*) FROM sanctions WHERE ended_at IS NULL") == 0


async def test_silence_in_a_sector_is_for_that_sector_and_ends_by_the_clock(
    decided_case: DecidedCase,
) -> None:
    assert (await decide(decided_case.ada, decided_case.case, "silence", days=2)).status_code == 201

    assert await writes(decided_case.author, decided_case.topic) == 403
    assert await elsewhere(decided_case.author) == 201
    [one] = (await decided_case.author.get("/me/sanctions")).json()["items"]
    assert (one["action"], one["sector"], one["rule"], one["is_in_force"]) == (
        "silence",
        "mobility",
        WHY["rule"],
        True,
    )
    with clock.stop_at(clock.now() + timedelta(days=2, seconds=1)):
        assert await writes(decided_case.author, decided_case.topic) == 201
        [one] = (await decided_case.author.get("/me/sanctions")).json()["items"]
        assert one["is_in_force"] is False


async def test_the_suspended_can_read_and_appeal_and_nothing_else(
    app: Service, decided_case: DecidedCase
) -> None:
    root = await a_root(app)
    made = await decide(root, decided_case.case, "suspend", days=30, everywhere=True)
    assert made.status_code == 201, made.text
    author = decided_case.author

    refused = [
        await author.post(f"/topics/{decided_case.topic}/posts", {"body": "May I?"}),
        await author.patch("/me/profile", {"about": "I am here"}),
        await author.post(f"/posts/{decided_case.post}/flags", {"reason": "spam"}),
        await author.put(f"/posts/{decided_case.post}/reactions/kind"),
        await author.put(f"/topics/{decided_case.topic}/following", {"level": "watching"}),
    ]
    assert {answer.status_code for answer in refused} <= {403, 404, 405}, [one.text for one in refused]
    assert refused[0].json()["code"] == refused[1].json()["code"] == "suspended"
    assert (await author.get(f"/topics/{decided_case.topic}")).status_code == 200
    page = (await author.client.get("/sanctions", headers={"Accept": "text/html"})).text
    assert f"/decisions/{made.json()['id']}" in page
    assert "suspended until" in page
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        await app.run_jobs()
        appeal = await author.post(f"/decisions/{made.json()['id']}/appeal", {"body": "It was a joke."})
    assert appeal.status_code == 201, appeal.text
    assert "Read the decision or appeal" in page
    page = (await author.client.get("/sanctions", headers={"Accept": "text/html"})).text
    assert "Read the decision</a>" in page

    answer = {"outcome": "reversed", "answer": "So it was."}
    assert (await decided_case.ben.put(f"/appeals/{appeal.json()['id']}/answer", answer)).status_code == 200
    assert await writes(author, decided_case.topic) == 201


async def test_the_statement_says_what_until_when_and_how_to_appeal(
    app: Service, decided_case: DecidedCase
) -> None:
    made = (await decide(decided_case.ada, decided_case.case, "silence", days=2)).json()
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        await app.run_jobs()
        statement = (await decided_case.author.get(f"/decisions/{made['id']}")).json()

    [mail] = mails(app)
    text = mail.get_content()
    for element in (WHY["rule"], WHY["facts"], "in the sector Mobility", "Duration: Until", "A person"):
        assert element in text
    assert f"/decisions/{made['id']}" in text
    assert decided_case.flagger.handle not in text
    assert statement["until"] == made["until"] is not None
    assert statement["may_appeal"] is True
    assert "Mobility" in statement["scope"]


@pytest.mark.parametrize(
    ("actions", "more", "code"),
    [
        (["suspend"], {"days": 8}, "too_long"),
        (["suspend"], {"days": 3, "everywhere": True}, "administrators_only"),
        (["silence"], {}, "days_missing"),
        (["remove"], {"days": 1}, "not_in_room"),
        (["no_action", "warn"], {}, "nothing_else"),
        (["warn"], {"reason": None}, "reason_missing"),
    ],
)
async def test_what_moderators_cannot_decide(
    decided_case: DecidedCase, actions: list[str], more: dict[str, Any], code: str
) -> None:
    answer = await decide(decided_case.ada, decided_case.case, *actions, **more)

    assert answer.json()["code"] == code
    assert (await decided_case.ada.get(f"/cases/{decided_case.case}")).json()["state"] == "open"


async def test_no_administrator_is_shut_out_before_their_duty_is_taken(
    app: Service, decided_case: DecidedCase
) -> None:
    root = await a_root(app)
    post = (await a_reply(root, decided_case.topic, "I sell, too"))["id"]
    await decided_case.flagger.post(f"/posts/{post}/flags", {"reason": "spam"})
    [case] = [
        c["id"] for c in (await decided_case.ada.get("/cases")).json()["items"] if c["object"]["id"] == post
    ]

    assert (await decide(decided_case.ada, case, "silence", days=1)).json()["code"] == "take_duty_first"
    assert (await decide(decided_case.ada, case, "warn")).status_code == 201


async def test_a_suspended_moderator_is_out_of_the_queue_within_two_seconds_on_every_process(
    app: Service, db: Database
) -> None:
    root, ada = await a_root(app), await a_person(app, "Ada", duties=[("moderator", "mobility")])
    flagger = await a_person(app, "Flagger")
    post = (await a_reply(ada, (await a_topic(root))["id"], "Buy here"))["id"]
    await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})
    case = (await root.get("/cases")).json()["items"][0]["id"]
    sector = await raw_sql(db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'")

    async with app.listening(f"queue:{sector}", ada.token) as feed:
        assert feed.joined["type"] == "joined"
        assert (await decide(root, case, "suspend", days=1, everywhere=True)).status_code == 201
        while (frame := await feed.frame())["type"] == "event":
            pass

    assert (frame["type"], frame["code"]) == ("left", "no_access")
    assert (await ada.get("/cases")).status_code == 403


async def test_who_is_sent_out_of_a_room_does_not_find_it_again(app: Service) -> None:
    open_room = await make_open_room(app)
    root = await a_root(app)
    guest, flagger = await a_person(app, "Guest"), await a_person(app, "Flagger")
    asked = await guest.post(f"/rooms/{open_room.room}/questions", {"body": "Who buys my cobalt?"})
    assert asked.status_code == 201, asked.text
    post = asked.json()["post"]
    assert (await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    case = (await root.get("/cases")).json()["items"][0]["id"]

    async with app.listening(f"room:{open_room.room}", guest.token) as feed:
        assert feed.joined["type"] == "joined"
        assert (await decide(root, case, "remove", days=1)).status_code == 201
        while (frame := await feed.frame())["type"] != "left":
            pass

    assert frame["code"] == "no_access"
    assert (await guest.get(f"/rooms/{open_room.room}")).status_code == 404
    assert (await flagger.get(f"/rooms/{open_room.room}")).status_code == 200
    with clock.stop_at(clock.now() + timedelta(days=1, seconds=1)):
        assert (await guest.get(f"/rooms/{open_room.room}")).status_code == 200


async def test_the_end_of_a_sanction_is_told_once(db: Database, decided_case: DecidedCase) -> None:
    assert (await decide(decided_case.ada, decided_case.case, "silence", days=1)).status_code == 201
    assert await end_next_sanction(db) is False

    with clock.stop_at(clock.now() + timedelta(days=1, seconds=1)):
        ended = [await end_next_sanction(db) for _ in range(2)]
        ends = await raw_sql(db).fetchval("SELECT ended_at = until FROM sanctions")

    assert ended.count(True) <= 1, "the worker may have been first"
    assert ends is True


async def test_the_database_takes_no_sanction_without_a_statement(
    db: Database, decided_case: DecidedCase
) -> None:
    await decided_case.decide("no_action")
    for sql in (
        "INSERT INTO sanctions (decision_id, action, member_id, begun_at, until) "
        f"VALUES ({decided_case.decision}, 'silence', {decided_case.author.id}, now(), now() + interval '1 day')",
        f"INSERT INTO decisions (case_id, action, decided_at) VALUES ({decided_case.case}, 'suspend', now())",
        f"INSERT INTO decisions (case_id, action, rule, facts, decided_at) "
        f"VALUES ({decided_case.case}, 'silence', ' ', 'x', now())",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await raw_sql(db).execute(sql)


def test_the_ladder_goes_up_and_stays_at_its_end() -> None:
    ladder = Ladder((LadderStep("warn"), LadderStep("silence", 1), LadderStep("suspend", 30, True)))

    assert [ladder.next_step(count) for count in range(5)] == [*ladder.steps, *[ladder.steps[-1]] * 2]
    assert Ladder(()).next_step(0) is None


async def test_the_queue_tells_what_the_ladder_proposes(decided_case: DecidedCase) -> None:
    before = (await decided_case.ada.get(f"/cases/{decided_case.case}/author")).json()
    assert before["proposed"] == {"action": "warn", "days": None, "everywhere": False}
    assert (await decide(decided_case.ada, decided_case.case, "warn")).status_code == 201
    post = (await a_reply(decided_case.author, decided_case.topic, "Buy it still"))["id"]
    await decided_case.flagger.post(f"/posts/{post}/flags", {"reason": "spam"})
    [case] = [
        c["id"] for c in (await decided_case.ada.get("/cases")).json()["items"] if c["object"]["id"] == post
    ]

    after = (await decided_case.ada.get(f"/cases/{case}/author")).json()

    assert (after["proposed"]["action"], after["proposed"]["days"]) == ("silence", 1)
    assert [one["action"] for one in after["sanctions"]] == ["warn"]


async def test_by_the_form_one_hides_and_silences_and_takes_one_of_them_back(
    windows: Windows, decided_case: DecidedCase
) -> None:
    page = await windows.open(f"/queue?case={decided_case.case}", decided_case.ada, java_script_enabled=False)
    await page.get_by_text("Also …").first.click()
    await page.get_by_label("Silence").first.check()
    await page.get_by_label("Number of days").first.fill("2")
    await page.get_by_label("Advertising").first.check()
    await page.get_by_role("button", name="Hide").click()
    await page.goto(f"/queue?case={decided_case.case}")
    await page.get_by_label("Decision", exact=True).select_option(label="Silenced")
    await page.get_by_label("Why you reverse the decision").fill("Hiding was enough.")
    await page.get_by_role("button", name="Reverse").click()

    decisions = (await decided_case.ada.get(f"/cases/{decided_case.case}")).json()["decisions"]
    assert [(one["action"], one["reversal"] is None) for one in decisions] == [
        ("hide", True),
        ("silence", False),
    ]
    assert await writes(decided_case.author, decided_case.topic) == 201


async def test_a_profile_shows_sanctions_to_the_member_and_to_moderators_alone(
    app: Service, decided_case: DecidedCase
) -> None:
    assert (await decide(decided_case.ada, decided_case.case, "silence", days=2)).status_code == 201
    path = f"/m/{decided_case.author.handle}"
    for who, sees in ((decided_case.author, True), (decided_case.ada, True), (decided_case.flagger, False)):
        page = (await who.client.get(path)).text
        assert ("Moderation decisions" in page and WHY["facts"] in page) is sees
        answer = await who.get(f"/members/{decided_case.author.handle}/sanctions")
        assert answer.status_code == (200 if sees else 403)
    found = (await decided_case.ada.get(f"/members/{decided_case.author.handle}/sanctions")).json()["items"]
    assert [one["action"] for one in found] == ["silence"]
