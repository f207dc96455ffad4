"""Reports from anyone: what they must contain, which addresses they can name, which e-mails follow, and who learns the
reporter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from core import clock
from moderation.flags.report_emails import MAX_RECEIPTS_PER_DAY, NAME_RETENTION
from storage.database import Database
from tests.support.moderation.cases import GOOD, decide, mails, report
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.pages import BROWSER
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def author(app: Service) -> Person:
    return await a_person(app, "Author")


@pytest.fixture
async def post(author: Person) -> int:
    topic = (await a_topic(author))["id"]
    number: int = (await a_reply(author, topic, "Buy cobalt here"))["id"]
    return number


async def test_anyone_reports_by_exact_address_and_the_case_of_the_object_opens(
    app: Service, client: httpx2.AsyncClient, post: int
) -> None:
    sent = await report(client, f"{app.contexts[0].settings.url}/p/{post}")

    assert sent.status_code == 201, sent.text
    moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    (case,) = (await moderator.get("/cases")).json()["items"]
    assert case["object"] == {"kind": "post", "id": post}
    assert case["reasons"] == [{"reason": "illegal", "count": 1}]
    shown = (await moderator.get(f"/cases/{case['id']}")).json()
    assert shown["notes"] == [GOOD["why"]]
    assert "ana" not in (await moderator.get(f"/cases/{case['id']}")).text.lower()


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ({"good_faith": False}, "good_faith"),
        ({"why": "  "}, "why"),
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"reason": "no such"}, "reason"),
    ],
)
async def test_a_report_without_one_of_its_elements_is_refused_by_name(
    client: httpx2.AsyncClient, db: Database, post: int, missing: dict[str, Any], field: str
) -> None:
    refused = await report(client, f"/p/{post}", **missing)

    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert await raw_sql(db).fetchval("SELECT count(*) FROM cases") == 0


async def test_the_abuse_of_a_child_is_reported_without_a_name(
    client: httpx2.AsyncClient, db: Database, post: int
) -> None:
    sent = await report(client, f"/p/{post}", reason="child_abuse", name=None, email=None)

    assert sent.status_code == 201
    assert await raw_sql(db).fetchrow("SELECT name, email FROM reports") == (None, None)


async def test_every_way_to_write_an_address_finds_the_post(
    app: Service, db: Database, author: Person
) -> None:
    topic = (await a_topic(author))["id"]
    second = (await a_reply(author, topic))["id"]
    site = app.contexts[0].settings.url
    first = await raw_sql(db).fetchval("SELECT id FROM posts WHERE topic_id = $1 AND number = 1", topic)
    expected = {
        f"{site}/p/{second}": second,
        f"{site.upper().replace('HTTP', 'http')}/p/{second}/flag": second,
        f"  /t/{topic}/cobalt-tracing/2#p2 ": second,
        f"/t/{topic}/whatever#p2": second,
        f"/t/{topic}/cobalt-tracing?order=time": first,
        f"/t/{topic}": first,
    }
    # Each process of the tests has its own address, so the request goes to the process whose address this is.
    async with httpx2.AsyncClient(base_url=site) as client:
        for n, (address, found) in enumerate(expected.items()):
            sent = await report(client, address, why=f"Reason {n}")
            assert sent.status_code == 201, (address, sent.text)
            assert sent.json()["address"] == f"{site}/p/{found}", address


async def test_what_is_not_to_be_seen_answers_like_what_never_was(
    app: Service, client: httpx2.AsyncClient, db: Database, author: Person
) -> None:
    topic = (await a_topic(author, "Hidden topic"))["id"]
    hidden = (await a_reply(author, topic))["id"]
    listed = (await a_topic(author, "For those listed"))["id"]
    open_topic = (await a_topic(author, "Open topic"))["id"]
    withdrawn = (await a_reply(author, open_topic))["id"]
    held = (await a_reply(author, open_topic))["id"]
    assert (await report(client, f"/p/{hidden}")).status_code == 201
    await give_topics_reason(db, topic)
    await raw_sql(db).execute("UPDATE topics SET hidden_at = now() WHERE id = $1", topic)
    await raw_sql(db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", listed)
    await raw_sql(db).execute("UPDATE posts SET state = 'withdrawn' WHERE id = $1", withdrawn)
    await raw_sql(db).execute(
        "UPDATE posts SET state = 'held', number = NULL, path = NULL WHERE id = $1", held
    )

    never = await report(client, "/p/999999999")

    assert never.status_code == 422
    for address in (
        *(f"/p/{hidden}", f"/t/{topic}", f"/t/{listed}/x", f"/p/{withdrawn}", f"/p/{held}"),
        *("/t/999999999", f"/t/{open_topic}/x/99", f"/t/{open_topic}/x/99999999999", "/queue", "x", ""),
        *(f"https://elsewhere.example/p/{withdrawn}", "http://[", "/r/1/board/9", "/r/1#q9"),
    ):
        refused = await report(client, address or " ")
        assert refused.content == never.content, address


async def test_the_same_report_again_is_the_same_one(
    app: Service, client: httpx2.AsyncClient, db: Database, post: int
) -> None:
    mails(app)
    first = (await report(client, f"/p/{post}")).json()
    again = (await report(client, f"/p/{post}")).json()

    assert {**again, "reference": ""} == {**first, "reference": ""} | {"received_at": again["received_at"]}
    assert again["reference"] != first["reference"], "or somebody who guesses a report would confirm it"
    assert await raw_sql(db).fetchval("SELECT count(*) FROM flags") == 1
    await app.run_jobs()
    assert len(mails(app)) == 1


async def test_a_member_who_reports_the_same_again_gets_the_first_report(app: Service, post: int) -> None:
    bea, cleo = await a_person(app, "Bea"), await a_person(app, "Cleo")
    first, again, other = [(await report(one.client, f"/p/{post}")).json() for one in (bea, bea, cleo)]
    assert again == first
    assert other["reference"] != first["reference"]


async def test_who_guesses_a_decided_report_learns_nothing_of_the_decision(
    app: Service, client: httpx2.AsyncClient, post: int
) -> None:
    with clock.stop_at(NOON):
        await report(client, f"/p/{post}")
        moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
        (case,) = (await moderator.get("/cases")).json()["items"]
        assert (await decide(moderator, case["id"], "no_action")).status_code == 201
    with clock.stop_at(NOON + timedelta(days=1)):
        guessed = (await report(client, f"/p/{post}")).json()
    assert (guessed["state"], guessed["outcome"]) == ("received", None)


async def test_a_receipt_goes_out_at_once_and_the_decision_when_it_stands(
    app: Service, client: httpx2.AsyncClient, post: int
) -> None:
    mails(app)
    with clock.stop_at(NOON):
        reference = (await report(client, f"/p/{post}")).json()["reference"]
        await app.run_jobs()
        (receipt,) = mails(app)
        assert receipt["to"] == GOOD["email"]
        assert f"/report/{reference}" in receipt.get_content()
        assert GOOD["why"] not in receipt.get_content()
        assert GOOD["name"] not in receipt.get_content()

        moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
        (case,) = (await moderator.get("/cases")).json()["items"]
        reason = {"rule": "No selling", "facts": "It offers cobalt."}
        given = {"version": case["version"], "action": "hide", "reason": reason}
        assert (await moderator.post(f"/cases/{case['id']}/decisions", given)).status_code == 201
    with clock.stop_at(NOON + timedelta(seconds=11.9)):
        await app.run_jobs()
        assert mails(app) == []
        assert (await client.get(f"/api/v1/reports/{reference}")).json()["outcome"] is None

    with clock.stop_at(NOON + timedelta(seconds=12)):
        await app.run_jobs()
        (decision,) = [mail for mail in mails(app) if mail["to"] == GOOD["email"]]
        assert "No selling: It offers cobalt." in decision.get_content()
        assert "court" in decision.get_content()
        shown = (await client.get(f"/api/v1/reports/{reference}")).json()
        assert (shown["state"], shown["outcome"]["action"]) == ("decided", "hide")
        await app.run_jobs()
        assert mails(app) == []


async def test_who_reported_in_vain_can_appeal_on_the_page_of_the_report(
    app: Service, client: httpx2.AsyncClient, post: int
) -> None:
    with clock.stop_at(NOON):
        reference = (await report(client, f"/p/{post}")).json()["reference"]
        moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
        (case,) = (await moderator.get("/cases")).json()["items"]
        assert (await decide(moderator, case["id"], "no_action")).status_code == 201
    with clock.stop_at(NOON + timedelta(days=1)):
        page = await client.get(f"/report/{reference}")
        empty = await client.post(f"/report/{reference}/appeal", data={"body": ""}, headers=BROWSER)
    assert page.status_code == 200 and "Appeal this decision" in page.text
    assert empty.status_code == 422 and 'id="body-wrong"' in empty.text and 'href="#body"' in empty.text


async def test_nobody_floods_a_mailbox_with_receipts(
    app: Service, client: httpx2.AsyncClient, post: int
) -> None:
    mails(app)
    for n in range(MAX_RECEIPTS_PER_DAY + 3):
        assert (await report(client, f"/p/{post}", why=f"Reason {n}")).status_code == 201
    await app.run_jobs()

    assert len(mails(app)) == MAX_RECEIPTS_PER_DAY


async def test_danger_is_mailed_to_all_administrators_whoever_says_so(
    app: Service, client: httpx2.AsyncClient, author: Person, post: int
) -> None:
    admins = [await a_person(app, name, duties=[("administrator", None)]) for name in ("Ada", "Ben")]
    await report(client, f"/p/{post}", reason="danger")
    await app.run_jobs()

    alarms = {mail["to"] for mail in mails(app) if "danger" in mail["subject"]}
    assert alarms == {f"{admin.handle}@example.org" for admin in admins}

    other = (await a_topic(author, "Another one"))["id"]
    member = await a_person(app, "Mia")
    first = (await member.get(f"/topics/{other}/posts")).json()["items"][0]["id"]
    assert (await member.post(f"/posts/{first}/flags", {"reason": "danger"})).status_code == 201
    await app.run_jobs()
    assert len([mail for mail in mails(app) if "danger" in mail["subject"]]) == len(admins)


async def test_administrators_look_who_reported_and_each_look_is_written_down(
    app: Service, client: httpx2.AsyncClient, db: Database, post: int
) -> None:
    admin = await a_person(app, "Ada", duties=[("administrator", None)])
    moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    member = await a_person(app, "Mia")
    await report(client, f"/p/{post}")
    await member.post(f"/posts/{post}/flags", {"reason": "spam"})
    case = (await moderator.get("/cases")).json()["items"][0]["id"]
    look = {"reason": "The police ask."}

    refused = await moderator.post(f"/cases/{case}/reporters", look)
    assert refused.status_code == 403
    assert await raw_sql(db).fetchval("SELECT count(*) FROM reporter_looks") == 0
    for times in (1, 2):
        found = (await admin.post(f"/cases/{case}/reporters", look)).json()["items"]
        assert [(each["name"], each["handle"]) for each in found] == [
            ("Ana Lima", None),
            (None, member.handle),
        ]
        looks = await raw_sql(db).fetch("SELECT member_id, reason FROM reporter_looks")
        assert [tuple(row) for row in looks] == [(admin.id, "The police ask.")] * times


async def test_a_member_who_reported_is_involved_and_does_not_decide(app: Service, post: int) -> None:
    moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    assert (await moderator.post("/reports", GOOD | {"address": f"/p/{post}"})).status_code == 201

    (case,) = (await moderator.get("/cases")).json()["items"]

    assert case["involved"] is True


async def test_names_are_forgotten_when_nobody_can_appeal_any_more(
    app: Service, client: httpx2.AsyncClient, db: Database, post: int
) -> None:
    admin = await a_person(app, "Ada", duties=[("administrator", None)])
    with clock.stop_at(NOON):
        await report(client, f"/p/{post}")
        (case,) = (await admin.get("/cases")).json()["items"]
        given = {"version": case["version"], "action": "no_action"}
        assert (await admin.post(f"/cases/{case['id']}/decisions", given)).status_code == 201
    with clock.stop_at(NOON + NAME_RETENTION):
        await app.run_jobs()
        assert await raw_sql(db).fetchval("SELECT email FROM reports") == GOOD["email"]
    with clock.stop_at(NOON + NAME_RETENTION + timedelta(seconds=1)):
        await app.run_jobs()
        assert await raw_sql(db).fetchrow("SELECT name, email FROM reports") == (None, None)


async def test_the_receipt_is_in_the_language_that_the_browser_asks_for(
    app: Service, client: httpx2.AsyncClient, post: int
) -> None:
    mails(app)
    sent = await client.post(
        "/api/v1/reports",
        json=GOOD | {"address": f"/p/{post}"},
        headers={"Accept-Language": "pt-BR,pt;q=0.9"},
    )
    assert sent.status_code == 201
    await app.run_jobs()
    (receipt,) = mails(app)
    assert receipt["Content-Language"] == "pt" and "Recebemos a sua denúncia" in receipt["Subject"]


async def test_a_member_who_reports_is_told_in_the_inbox_too(app: Service, post: int) -> None:
    member = await a_person(app, "Mia")
    moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    now = clock.now()
    with clock.stop_at(now):
        given = GOOD | {"address": f"/p/{post}", "reason": "child_abuse", "name": None, "email": None}
        assert (await member.post("/reports", given)).status_code == 201
        (case,) = (await moderator.get("/cases")).json()["items"]
        given = {"version": case["version"], "action": "no_action"}
        assert (await moderator.post(f"/cases/{case['id']}/decisions", given)).status_code == 201
        await app.run_jobs()
        assert (await member.get("/inbox")).json()["items"] == []
    with clock.stop_at(now + timedelta(seconds=13)):
        await app.run_jobs()
        (told,) = (await member.get("/inbox")).json()["items"]
        assert (told["kind"], told["topic"]) == ("report_decided", None)
        assert (await member.client.get(f"/decisions/{told['decision']}")).status_code == 200
