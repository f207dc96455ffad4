"""Statements of reasons and appeals: who is notified, who can appeal, who answers, and what a reversal restores."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from core import clock
from moderation.appeals.statements import APPEALABLE
from moderation.policy import UNDO_WINDOW
from storage.database import Database
from tests.support.browser import Windows
from tests.support.moderation.appeals import BODY, Scene
from tests.support.moderation.cases import WHY, mails, report
from tests.support.people import a_person
from tests.support.service import Service, plain

# A moderator who decides second gets a 409, which browsers log.
pytestmark = pytest.mark.console_errors("409")


async def test_the_author_is_sent_a_statement_with_all_its_elements_and_without_the_reporter(
    app: Service, scene: Scene
) -> None:
    await scene.decide("hide")
    await app.settle()

    (mail,) = mails(app)
    text = mail.get_content()
    assert mail["to"] == f"{scene.author.handle}@example.org"
    for element in (
        WHY["rule"],
        WHY["facts"],
        "What it covers",
        "For how long",
        "Who decided: A person, no program",
        "six months",
        "court",
    ):
        assert element in text, element
    statement = (await scene.author.get(f"/decisions/{scene.decision}")).json()
    assert (statement["reason"], statement["automated"], statement["may_appeal"]) == (WHY, False, True)
    assert "Buy cobalt here" in statement["html"]
    for secret in (scene.flagger.handle, "Flagger", scene.ada.handle):
        assert secret not in text + str(statement)
    await app.settle()
    assert mails(app) == [], "once"


async def test_what_is_undone_was_never_told(app: Service, scene: Scene) -> None:
    now = clock.now()
    with clock.stop_at(now):
        given = {"version": 1, "action": "hide", "reason": WHY}
        decision = (await scene.ada.post(f"/cases/{scene.case}/decisions", given)).json()["id"]
        await app.settle()
        assert (await scene.author.get(f"/decisions/{decision}")).status_code == 404
        assert (await scene.ada.delete(f"/decisions/{decision}")).status_code == 200
    with clock.stop_at(now + UNDO_WINDOW):
        await app.settle()
    assert mails(app) == []


async def test_what_was_taken_back_before_it_was_told_is_not_told_as_standing(
    app: Service, scene: Scene
) -> None:
    now = clock.now()
    with clock.stop_at(now):
        given = {"version": 1, "action": "hide", "reason": WHY}
        decision = (await scene.ada.post(f"/cases/{scene.case}/decisions", given)).json()["id"]
        taken = await scene.ben.put(f"/decisions/{decision}/reversal", {"facts": "It is a quotation."})
        assert taken.status_code == 200, taken.text
    with clock.stop_at(now + UNDO_WINDOW):
        await app.settle()

    assert mails(app) == []


async def test_who_has_decided_anything_in_a_case_answers_no_appeal_in_it(app: Service, scene: Scene) -> None:
    given = {"version": 1, "action": "hide", "also": ["silence"], "days": 3, "reason": WHY}
    hidden = (await scene.ada.post(f"/cases/{scene.case}/decisions", given)).json()["id"]
    taken = await scene.ben.put(f"/decisions/{hidden}/reversal", {"facts": "The silence is enough."})
    assert taken.status_code == 200, taken.text
    third = await a_person(app, "Third", duties=[("moderator", "mobility")])
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        [silence] = (await scene.author.get("/me/sanctions")).json()["items"]
        appeal = (await scene.author.post(f"/decisions/{silence['decision']}/appeal", BODY)).json()["id"]

        for person in (scene.ada, scene.ben):
            assert (await person.get("/appeals")).json()["items"][0]["may_answer"] is False
            assert (await scene.answer(person, appeal, "upheld")).json()["code"] == "own_decision"
        assert (await scene.answer(third, appeal, "upheld")).status_code == 200


async def test_the_author_appeals_once_and_another_moderator_takes_it_back(
    app: Service, scene: Scene
) -> None:
    await scene.decide("hide")
    for person, status in ((scene.member, 404), (scene.flagger, 409), (scene.ben, 409)):
        assert (await scene.appeal(person)).status_code == status
    made = await scene.appeal(scene.author)
    assert made.status_code == 201, made.text
    appeal = made.json()["id"]
    assert (await scene.appeal(scene.author)).json()["code"] == "appealed_before"

    (waiting,) = (await scene.ben.get("/appeals")).json()["items"]
    assert (waiting["appeal"]["body"], waiting["by_author"], waiting["may_answer"]) == (
        BODY["body"],
        True,
        True,
    )
    assert (await scene.ada.get("/appeals")).json()["items"][0]["may_answer"] is False
    assert (await scene.answer(scene.ada, appeal, "upheld")).json()["code"] == "own_decision"
    assert (await scene.answer(scene.author, appeal, "reversed")).status_code == 404
    await app.settle()
    mails(app)

    answered = await scene.answer(scene.ben, appeal, "reversed")

    assert answered.status_code == 200, answered.text
    assert (await scene.answer(scene.ben, appeal, "reversed")).json() == answered.json(), (
        "the same again is the same"
    )
    third = await a_person(app, "Third", duties=[("moderator", "mobility")])
    assert (await scene.answer(third, appeal, "upheld")).json()["code"] == "answered_before"
    assert (await scene.member.get(f"/posts/{scene.post}")).json()["body"] == "Buy cobalt here"
    await app.settle()
    (mail,) = mails(app)
    assert "does not stand" in mail.get_content()
    assert "I looked at it again." in mail.get_content()
    assert scene.ben.handle not in mail.get_content()
    assert (await scene.ben.get("/appeals")).json()["items"] == []
    year = (await scene.member.get(f"/transparency/{clock.now().year}")).json()
    assert (year["appeals"], year["appeals_reversed"], year["appeals_waiting"]) == (1, 1, 0)


async def test_an_appeal_that_is_refused_changes_nothing_but_is_answered(app: Service, scene: Scene) -> None:
    await scene.decide("hide")
    appeal = (await scene.appeal(scene.author)).json()["id"]

    assert (await scene.answer(scene.ben, appeal, "upheld")).status_code == 200

    assert (await scene.member.get(f"/posts/{scene.post}")).json()["state"] == "hidden"
    statement = (await scene.author.get(f"/decisions/{scene.decision}")).json()
    assert statement["appeals"][0]["answer"] == "I looked at it again."
    assert statement["may_appeal"] is False


async def test_there_are_six_months_to_appeal(app: Service, scene: Scene, db: Database) -> None:
    await scene.decide("hide")
    age = "UPDATE decisions SET decided_at = $1"
    await plain(db).execute(age, clock.now() - APPEALABLE - timedelta(seconds=1))
    assert (await scene.appeal(scene.author)).json()["code"] == "nothing_to_appeal"
    await plain(db).execute(age, clock.now() - APPEALABLE + timedelta(minutes=1))
    assert (await scene.appeal(scene.author)).status_code == 201


async def test_who_reported_in_vain_appeals_and_it_waits_for_a_decision_again(
    app: Service, client: httpx2.AsyncClient, scene: Scene
) -> None:
    reference = (await report(client, f"/p/{scene.post}")).json()["reference"]
    await scene.decide("no_action")
    assert (await scene.appeal(scene.author)).json()["code"] == "nothing_to_appeal", (
        "nothing was taken from the author"
    )
    by_member = await scene.appeal(scene.flagger)
    outside = await client.post(f"/api/v1/reports/{reference}/appeal", json=BODY)
    assert (by_member.status_code, outside.status_code) == (201, 201), outside.text
    again = await client.post(f"/api/v1/reports/{reference}/appeal", json=BODY)
    assert again.json()["code"] == "appealed_before"
    await app.settle()
    mails(app)

    assert (await scene.answer(scene.ben, outside.json()["id"], "reversed")).status_code == 200

    (case,) = (await scene.ben.get("/cases")).json()["items"]
    assert case["object"]["id"] == scene.post
    assert {one["reason"] for one in case["reasons"]} == {"spam", "illegal"}
    assert (await client.get(f"/api/v1/reports/{reference}")).json()["state"] == "received"
    await app.settle()
    assert [mail["to"] for mail in mails(app)] == ["ana@mail.example"]


async def test_statement_and_appeal_by_plain_forms(app: Service, scene: Scene, windows: Windows) -> None:
    await scene.decide("hide")
    page = await windows.open(f"/decisions/{scene.decision}", scene.author, java_script_enabled=False)
    text = await page.locator("main").inner_text()
    assert "No selling" in text
    assert "Buy cobalt here" in text
    await page.locator("#body").fill("It is a quotation.")
    await page.get_by_role("button", name="Send the appeal").click()
    assert "Your appeal is here" in await page.locator("main").inner_text()

    his = await windows.open("/queue/appeals", scene.ben, java_script_enabled=False)
    await his.locator("textarea").fill("I looked at it again.")
    await his.get_by_role("button", name="Take the decision back").click()
    assert "No appeal waits." in await his.locator("main").inner_text()
    await page.reload()
    assert "The decision does not stand" in await page.locator("main").inner_text()
    answer: dict[str, Any] = (await scene.member.get(f"/posts/{scene.post}")).json()
    assert answer["state"] == "published"


async def test_the_inbox_of_author_and_reporter_tells_once_it_stands(app: Service, scene: Scene) -> None:
    await scene.author.patch("/me/profile", {"letters_in": "ar"})
    now = clock.now()
    await plain(app.db).execute("UPDATE flags SET flagged_at = flagged_at - interval '1 minute'")
    await scene.decide("hide")
    with clock.stop_at(now - UNDO_WINDOW / 2):
        await app.settle()
        for who in (scene.author, scene.flagger):
            assert (await who.get("/inbox")).json()["items"] == [], "it can be undone"
    await app.settle()

    (told,) = (await scene.author.get("/inbox?only=moderation")).json()["items"]
    assert (told["kind"], told["decision"], told["topic"]) == ("decided", scene.decision, None)
    (outcome,) = (await scene.flagger.get("/inbox")).json()["items"]
    assert (outcome["kind"], outcome["decision"]) == ("flag_decided", scene.decision)
    assert (await scene.member.get("/inbox")).json()["items"] == []
    page = await scene.author.client.get("/inbox")
    assert f"/decisions/{scene.decision}" in page.text
    letter = next(one for one in mails(app) if one["to"] == f"{scene.author.handle}@example.org")
    assert letter["Content-Language"] == "ar" and "حُجب شيء كتبتموه" in letter["Subject"]
    assert WHY["facts"] in letter.get_content() and "[كُتب باللغة: الإنجليزية]" in letter.get_content()
    shown = await scene.author.client.get(f"/decisions/{scene.decision}")
    assert 'dir="rtl"' in shown.text and "أسباب هذا القرار" in shown.text
    statement = (await scene.author.get(f"/decisions/{scene.decision}")).json()
    assert (statement["language"], statement["shown"]["language"], statement["reason"]) == ("ar", "en", WHY)
