"""Statements of reasons and appeals: who is notified, who can appeal, who answers, and what a reversal restores."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from core import clock
from moderation.policy import APPEALABLE, UNDO_WINDOW
from storage.database import Database
from tests.support.browser import Windows
from tests.support.moderation.appeals import BODY, DecidedCase
from tests.support.moderation.cases import WHY, mails, report
from tests.support.people import a_person
from tests.support.service import Service, raw_sql

# A moderator who decides second gets a 409, which browsers log.
pytestmark = pytest.mark.console_errors("409")


async def test_the_author_is_sent_a_statement_with_all_its_elements_and_without_the_reporter(
    app: Service, decided_case: DecidedCase
) -> None:
    await decided_case.decide("hide")
    await app.run_jobs()

    (mail,) = mails(app)
    text = mail.get_content()
    assert mail["to"] == f"{decided_case.author.handle}@example.org"
    for element in (
        WHY["rule"],
        WHY["facts"],
        "What it covers",
        "Duration",
        "Who decided: A person, no program",
        "six months",
        "court",
    ):
        assert element in text, element
    statement = (await decided_case.author.get(f"/decisions/{decided_case.decision}")).json()
    assert (statement["reason"], statement["automated"], statement["may_appeal"]) == (WHY, False, True)
    assert "Buy cobalt here" in statement["html"]
    for secret in (decided_case.flagger.handle, "Flagger", decided_case.ada.handle):
        assert secret not in text + str(statement)
    await app.run_jobs()
    assert mails(app) == [], "once"


async def test_what_is_undone_was_never_told(app: Service, decided_case: DecidedCase) -> None:
    now = clock.now()
    with clock.stop_at(now):
        given = {"version": 1, "action": "hide", "reason": WHY}
        decision = (await decided_case.ada.post(f"/cases/{decided_case.case}/decisions", given)).json()["id"]
        await app.run_jobs()
        assert (await decided_case.author.get(f"/decisions/{decision}")).status_code == 404
        assert (await decided_case.ada.delete(f"/decisions/{decision}")).status_code == 200
    with clock.stop_at(now + UNDO_WINDOW):
        await app.run_jobs()
    assert mails(app) == []


async def test_what_was_taken_back_before_it_was_told_is_not_told_as_standing(
    app: Service, decided_case: DecidedCase
) -> None:
    now = clock.now()
    with clock.stop_at(now):
        given = {"version": 1, "action": "hide", "reason": WHY}
        decision = (await decided_case.ada.post(f"/cases/{decided_case.case}/decisions", given)).json()["id"]
        taken = await decided_case.ben.put(f"/decisions/{decision}/reversal", {"facts": "It is a quotation."})
        assert taken.status_code == 200, taken.text
    with clock.stop_at(now + UNDO_WINDOW):
        await app.run_jobs()

    assert mails(app) == []


async def test_who_has_decided_anything_in_a_case_answers_no_appeal_in_it(
    app: Service, decided_case: DecidedCase
) -> None:
    given = {"version": 1, "action": "hide", "also": ["silence"], "days": 3, "reason": WHY}
    hidden = (await decided_case.ada.post(f"/cases/{decided_case.case}/decisions", given)).json()["id"]
    taken = await decided_case.ben.put(f"/decisions/{hidden}/reversal", {"facts": "The silence is enough."})
    assert taken.status_code == 200, taken.text
    third = await a_person(app, "Third", duties=[("moderator", "mobility")])
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        [silence] = (await decided_case.author.get("/me/sanctions")).json()["items"]
        appeal = (await decided_case.author.post(f"/decisions/{silence['decision']}/appeal", BODY)).json()[
            "id"
        ]

        for person in (decided_case.ada, decided_case.ben):
            assert (await person.get("/appeals")).json()["items"][0]["may_answer"] is False
            assert (await decided_case.answer(person, appeal, "upheld")).json()["code"] == "own_decision"
        assert (await decided_case.answer(third, appeal, "upheld")).status_code == 200


async def test_the_author_appeals_once_and_another_moderator_takes_it_back(
    app: Service, decided_case: DecidedCase
) -> None:
    await decided_case.decide("hide")
    for person, status in ((decided_case.member, 404), (decided_case.flagger, 409), (decided_case.ben, 409)):
        assert (await decided_case.appeal(person)).status_code == status
    made = await decided_case.appeal(decided_case.author)
    assert made.status_code == 201, made.text
    appeal = made.json()["id"]
    assert (await decided_case.appeal(decided_case.author)).json()["code"] == "appealed_before"

    (waiting,) = (await decided_case.ben.get("/appeals")).json()["items"]
    assert (waiting["appeal"]["body"], waiting["by_author"], waiting["may_answer"]) == (
        BODY["body"],
        True,
        True,
    )
    assert (await decided_case.ada.get("/appeals")).json()["items"][0]["may_answer"] is False
    assert (await decided_case.answer(decided_case.ada, appeal, "upheld")).json()["code"] == "own_decision"
    assert (await decided_case.answer(decided_case.author, appeal, "reversed")).status_code == 404
    await app.run_jobs()
    mails(app)

    answered = await decided_case.answer(decided_case.ben, appeal, "reversed")

    assert answered.status_code == 200, answered.text
    assert (await decided_case.answer(decided_case.ben, appeal, "reversed")).json() == answered.json(), (
        "the same again is the same"
    )
    third = await a_person(app, "Third", duties=[("moderator", "mobility")])
    assert (await decided_case.answer(third, appeal, "upheld")).json()["code"] == "answered_before"
    assert (await decided_case.member.get(f"/posts/{decided_case.post}")).json()["body"] == "Buy cobalt here"
    await app.run_jobs()
    (mail,) = mails(app)
    assert "reversed it" in mail.get_content()
    assert "I looked at it again." in mail.get_content()
    assert decided_case.ben.handle not in mail.get_content()
    assert (await decided_case.ben.get("/appeals")).json()["items"] == []
    year = (await decided_case.member.get(f"/transparency/{clock.now().year}")).json()
    assert (year["appeals"], year["appeals_reversed"], year["appeals_waiting"]) == (1, 1, 0)


async def test_an_appeal_that_is_refused_changes_nothing_but_is_answered(
    app: Service, decided_case: DecidedCase
) -> None:
    await decided_case.decide("hide")
    appeal = (await decided_case.appeal(decided_case.author)).json()["id"]

    assert (await decided_case.answer(decided_case.ben, appeal, "upheld")).status_code == 200

    assert (await decided_case.member.get(f"/posts/{decided_case.post}")).json()["state"] == "hidden"
    statement = (await decided_case.author.get(f"/decisions/{decided_case.decision}")).json()
    assert statement["appeals"][0]["answer"] == "I looked at it again."
    assert statement["may_appeal"] is False


async def _offers_appeal(reader: httpx2.AsyncClient, page: str) -> bool:
    """Return whether a page about a report or a decision invites to appeal."""
    text = (await reader.get(page, headers={"Accept": "text/html"})).text
    return f'action="{page}/appeal"' in text or "Appeal until" in text


async def test_there_are_six_months_to_appeal(app: Service, decided_case: DecidedCase, db: Database) -> None:
    await decided_case.decide("hide")
    age = "UPDATE decisions SET decided_at = $1"
    await raw_sql(db).execute(age, clock.now() - APPEALABLE - timedelta(seconds=1))
    assert (await decided_case.appeal(decided_case.author)).json()["code"] == "nothing_to_appeal"
    await raw_sql(db).execute(age, clock.now() - APPEALABLE + timedelta(minutes=1))
    assert (await decided_case.appeal(decided_case.author)).status_code == 201


async def test_who_reported_in_vain_appeals_and_it_waits_for_a_decision_again(
    app: Service, client: httpx2.AsyncClient, decided_case: DecidedCase
) -> None:
    reference = (await report(client, f"/p/{decided_case.post}")).json()["reference"]
    await decided_case.decide("no_action")
    assert (await decided_case.appeal(decided_case.author)).json()["code"] == "nothing_to_appeal", (
        "nothing was taken from the author"
    )
    outsider, member = (
        (client, f"/report/{reference}"),
        (decided_case.flagger.client, f"/decisions/{decided_case.decision}"),
    )
    assert await _offers_appeal(*outsider) and await _offers_appeal(*member)
    by_member = await decided_case.appeal(decided_case.flagger)
    outside = await client.post(f"/api/v1/reports/{reference}/appeal", json=BODY)
    assert (by_member.status_code, outside.status_code) == (201, 201), outside.text
    again = await client.post(f"/api/v1/reports/{reference}/appeal", json=BODY)
    assert again.json()["code"] == "appealed_before"
    assert not await _offers_appeal(*outsider) and not await _offers_appeal(*member)
    assert (await client.get(f"/api/v1/reports/{reference}")).json()["may_appeal"] is False
    await app.run_jobs()
    mails(app)

    assert (await decided_case.answer(decided_case.ben, outside.json()["id"], "reversed")).status_code == 200

    (case,) = (await decided_case.ben.get("/cases")).json()["items"]
    assert case["object"]["id"] == decided_case.post
    assert {one["reason"] for one in case["reasons"]} == {"spam", "illegal"}
    assert (await client.get(f"/api/v1/reports/{reference}")).json()["state"] == "received"
    await app.run_jobs()
    assert [mail["to"] for mail in mails(app)] == ["ana@mail.example"]


async def test_statement_and_appeal_by_plain_forms(
    app: Service, decided_case: DecidedCase, windows: Windows
) -> None:
    await decided_case.decide("hide")
    page = await windows.open(
        f"/decisions/{decided_case.decision}", decided_case.author, java_script_enabled=False
    )
    text = await page.locator("main").inner_text()
    assert "No selling" in text
    assert "Buy cobalt here" in text
    await page.locator("#body").fill("It is a quotation.")
    await page.get_by_role("button", name="Send the appeal").click()
    assert "We have received your appeal" in await page.locator("main").inner_text()

    his = await windows.open("/queue/appeals", decided_case.ben, java_script_enabled=False)
    await his.locator("textarea").fill("I looked at it again.")
    await his.get_by_role("button", name="Reverse the decision").click()
    assert "No appeals are waiting." in await his.locator("main").inner_text()
    await page.reload()
    assert "The decision does not stand" in await page.locator("main").inner_text()
    answer: dict[str, Any] = (await decided_case.member.get(f"/posts/{decided_case.post}")).json()
    assert answer["state"] == "published"


async def test_the_inbox_of_author_and_reporter_tells_once_it_stands(
    app: Service, decided_case: DecidedCase
) -> None:
    await decided_case.author.patch("/me/profile", {"letters_in": "ar"})
    now = clock.now()
    await raw_sql(app.db).execute("UPDATE flags SET flagged_at = flagged_at - interval '1 minute'")
    await decided_case.decide("hide")
    with clock.stop_at(now - UNDO_WINDOW / 2):
        await app.run_jobs()
        for who in (decided_case.author, decided_case.flagger):
            assert (await who.get("/inbox")).json()["items"] == [], "it can be undone"
    await app.run_jobs()

    (told,) = (await decided_case.author.get("/inbox?only=moderation")).json()["items"]
    assert (told["kind"], told["decision"], told["topic"]) == ("decided", decided_case.decision, None)
    (outcome,) = (await decided_case.flagger.get("/inbox")).json()["items"]
    assert (outcome["kind"], outcome["decision"]) == ("flag_decided", decided_case.decision)
    assert (await decided_case.member.get("/inbox")).json()["items"] == []
    page = await decided_case.author.client.get("/inbox")
    assert f"/decisions/{decided_case.decision}" in page.text
    letter = next(one for one in mails(app) if one["to"] == f"{decided_case.author.handle}@example.org")
    assert letter["Content-Language"] == "ar" and "حُجب شيء كتبتموه" in letter["Subject"]
    assert WHY["facts"] in letter.get_content() and "[كُتب باللغة: الإنجليزية]" in letter.get_content()
    shown = await decided_case.author.client.get(f"/decisions/{decided_case.decision}")
    assert 'dir="rtl"' in shown.text and "أسباب هذا القرار" in shown.text
    statement = (await decided_case.author.get(f"/decisions/{decided_case.decision}")).json()
    assert (statement["language"], statement["shown"]["language"], statement["reason"]) == ("ar", "en", WHY)
