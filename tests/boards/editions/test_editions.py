"""What a board takes in and gives out as a whole: tables looked at first, editions for good, entries that grow old."""

import asyncio
import base64
import hashlib
import io
import itertools
import json
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx2
import pytest
import pytest_asyncio
import xlsxwriter

from boards.evidence.http_check import CheckResult
from boards.evidence.link_checks import link_check_job
from boards.evidence.verification import verify_entry
from boards.lookup.contributors import round_down_counts
from core import clock
from core.ids import EntryId
from tertulia.settings import Settings
from tests.support.boards import LONG_AGO, Table, a_board
from tests.support.people import a_person
from tests.support.service import Service, raw_sql

COMMUNITY = json.loads(Settings().community.read_text())


@pytest_asyncio.fixture
async def table(app: Service) -> Table:
    return await a_board(app)


async def bring(table: Table, content: bytes, name: str = "cases.csv") -> Any:
    """A table, looked at."""
    given = {"name": name, "content": base64.b64encode(content).decode()}
    answer = await table.curator.post(f"/boards/{table.id}/imports", given)
    assert answer.status_code == 201, answer.text
    return answer.json()


def cases() -> bytes:
    """The cases of the community's file, as people would write them into a table."""
    kinds = {kind["slug"]: kind["name"]["en"] for kind in COMMUNITY["case_kinds"]}
    lines = ["Case;Kind of case;Impact areas;Where to read about it"]
    for case in COMMUNITY["cases"]:
        cells = [case["name"], kinds[case["kind"]], "; ".join(case["issues"]), case["url"] or ""]
        lines.append(";".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines).encode()


async def test_the_cases_of_the_community_are_a_board_whose_matrix_is_counted_by_hand(app: Service) -> None:
    curator = await a_person(app, "Mod", duties=[("moderator", "cross-sector")])
    given = {"title": "Good practice", "template": "good-practice", "opens_at": LONG_AGO}
    board = (await curator.post("/sectors/cross-sector/boards", given)).json()
    table = Table(app, board, curator, curator)

    looked = await bring(table, cases())
    assert looked["counts"] == {"new": 24, "changed": 0, "same": 0, "wrong": 0}
    assert await table.titles() == [], "looking changes nothing"
    for _ in range(2):
        applied = (await curator.put(f"/imports/{looked['id']}/application")).json()
        assert applied["applied_at"] is not None
    assert sorted(await table.titles()) == sorted(case["name"] for case in COMMUNITY["cases"])

    area_of = {issue["en"]: area["slug"] for area in COMMUNITY["impact_areas"] for issue in area["issues"]}
    by_hand = Counter(
        (case["kind"], area)
        for case in COMMUNITY["cases"]
        for area in {area_of[issue] for issue in case["issues"]}
    )
    matrix = (await curator.get(f"/boards/{table.id}/matrix?rows=kind&columns=issues")).json()
    assert {(cell["row"], cell["column"]): cell["entries"] for cell in matrix["cells"]} == by_hand

    versions = await raw_sql(app.db).fetch("SELECT id, version FROM entries ORDER BY id")
    again = await bring(table, cases())
    assert again["counts"] == {"new": 0, "changed": 0, "same": 24, "wrong": 0}
    await curator.put(f"/imports/{again['id']}/application")
    assert await raw_sql(app.db).fetch("SELECT id, version FROM entries ORDER BY id") == versions


async def test_what_a_board_gives_out_changes_nothing_when_it_is_brought_back(table: Table) -> None:
    await table.add(
        "=1+1", kind="sectoral", issues=["forced-labour", "living-wage"], country="CD", amount=2.5
    )
    await table.add(
        "Tin, and more", since="2024-05-03", what="Two\nlines; or three", link="https://a.example/?a=b"
    )
    topic = table.board["topic"]
    await table.add("Named", said={"kind": "topic", "id": topic})

    for kind in ("csv", "xlsx", "json"):
        content = (await table.member.get(f"/boards/{table.id}/export.{kind}")).content
        looked = await bring(table, content, f"board.{kind}")
        assert looked["counts"] == {"new": 0, "changed": 0, "same": 3, "wrong": 0}, (kind, looked["lines"])


async def test_rows_are_known_by_title_or_key_and_say_what_changes(table: Table) -> None:
    entry = await table.add("Cobalt", amount=1, country="CD")

    looked = await bring(table, b"Case,Amount,Country,Colour\n cobalt ,2,,red\nTin,3,Chile,\n")

    assert looked["left_out"] == ["Colour"]
    assert [(line["what"], line["entry"]) for line in looked["lines"]] == [
        ("changed", entry["id"]),
        ("new", None),
    ]
    assert looked["lines"][0]["changes"] == [
        {"field": "Case", "before": "Cobalt", "after": "cobalt"},
        {"field": "Amount", "before": 1, "after": 2},
    ]
    await table.curator.put(f"/imports/{looked['id']}/application")
    changed = (await table.member.get(f"/entries/{entry['id']}")).json()
    assert (changed["fields"]["amount"], changed["fields"]["country"]) == (2, "CD"), (
        "an empty cell empties nothing"
    )

    await table.change(key_field="link")
    await table.add("Gold", link="https://a.example/gold")
    looked = await bring(table, b"Case,Source\nAurum,https://a.example/gold\n")
    assert [(line["what"], line["title"]) for line in looked["lines"]] == [("changed", "Aurum")]


async def test_errors_are_told_by_row_and_column_and_nothing_is_half_written(table: Table) -> None:
    content = (
        b"Case,Kind of case,Amount,Country,Since\nA,no such,2,CD,2024-01-01\n"
        b",sectoral,x,ZZ,yesterday\nB,sectoral,1,Chile,\nb,,,,\n"
    )

    looked = await bring(table, content)

    assert looked["counts"] == {"new": 1, "changed": 0, "same": 0, "wrong": 3}
    problems = {line["number"]: {one["column"] for one in line["problems"]} for line in looked["lines"]}
    assert problems == {2: {"Kind of case"}, 3: {"Amount", "Country", "Since"}, 4: set(), 5: {"Case"}}
    refused = await table.curator.put(f"/imports/{looked['id']}/application")
    assert (refused.status_code, refused.json()["code"]) == (422, "import_has_errors")
    assert await table.titles() == []


async def test_what_changed_since_one_looked_is_looked_at_again(table: Table) -> None:
    entry = await table.add("Cobalt", amount=1)
    looked = await bring(table, b"Case,Amount\nCobalt,2\n")
    await table.member.patch(f"/entries/{entry['id']}", {"fields": {"amount": 7}})

    refused = await table.curator.put(f"/imports/{looked['id']}/application")
    assert (refused.status_code, refused.json()["code"]) == (409, "import_moved_on")
    again = (await table.curator.post(f"/imports/{looked['id']}/look")).json()
    assert again["lines"][0]["changes"] == [{"field": "Amount", "before": 7, "after": 2}]
    assert (await table.curator.put(f"/imports/{looked['id']}/application")).status_code == 200
    assert (await table.member.get(f"/entries/{entry['id']}")).json()["fields"]["amount"] == 2


async def test_an_import_is_applied_once_by_however_many(table: Table) -> None:
    looked = await bring(table, b"Case\n" + b"\n".join(b"Row %d" % n for n in range(300)))

    answers = await asyncio.gather(
        *(table.curator.put(f"/imports/{looked['id']}/application") for _ in range(6))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert (await table.member.get(f"/boards/{table.id}")).json()["entries"] == 300


async def test_a_workbook_and_hostile_tables(table: Table) -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([["Case", "Amount", "Since"], ["Cobalt", 3, "2024-01-02"]]):
            sheet.write_row(row, 0, cells)
    assert (await bring(table, kept.getvalue(), "a.xlsx"))["counts"]["new"] == 1

    for content, status in (
        (b"", 422),
        (b"PK\x03\x04broken", 422),
        (b"x" * 6_000_000, 413),
    ):
        given = {"name": "a.csv", "content": base64.b64encode(content).decode()}
        refused = await table.curator.post(f"/boards/{table.id}/imports", given)
        assert refused.status_code == status, refused.text
    other = await a_person(table.service, "Else")
    given = {"name": "a.csv", "content": base64.b64encode(b"Case\nA\n").decode()}
    assert (await other.post(f"/boards/{table.id}/imports", given)).status_code == 403
    given = {"name": "a.xlsx", "content": base64.b64encode(b"PK\x03\x04broken").decode()}
    unread = await other.post(f"/boards/{table.id}/imports", given)
    assert (unread.status_code, unread.json()["code"]) == (403, "not_a_curator"), "nothing in it was read"


async def test_while_a_large_workbook_is_read_others_are_served(
    table: Table, client: httpx2.AsyncClient
) -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Case", *(f"Unknown {n}" for n in range(39))])
        for number in range(1, 5_001):
            sheet.write_row(number, 0, [f"Case {number}", *range(39)])
    looking = asyncio.create_task(bring(table, kept.getvalue(), "a.xlsx"))
    served = 0
    while not looking.done():
        assert (await client.get("/health")).status_code == 200
        served += not looking.done()

    assert (await looking)["counts"]["new"] == 5_000
    assert served > 10, "on the event loop of the server, reading would let nobody in between"


async def publish(table: Table, note: str = "") -> Any:
    answer = await table.curator.post(f"/boards/{table.id}/editions", {"note": note})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_editions_are_numbered_hashed_and_say_what_changed(table: Table) -> None:
    await table.change(consolidates_at="2020-02-01T00:00:00Z")
    first = await publish_after(table, "Cobalt", "Tin")
    entries = {row["title"]: row["id"] for row in first["content"]["entries"]}
    await table.curator.patch(f"/entries/{entries['Tin']}", {"fields": {"amount": 3}})
    await table.curator.post(f"/boards/{table.id}/entries", {"fields": {"title": "Gold"}})
    await table.curator.put(
        f"/entries/{entries['Cobalt']}/disposition", {"disposition": "excluded", "reason": "Old."}
    )

    second = await publish(table, "The second")

    assert [first["edition"]["number"], second["edition"]["number"]] == [1, 2]
    assert second["since_last"]["changed"] == [entries["Cobalt"], entries["Tin"]]
    assert len(second["since_last"]["added"]) == 1
    for number, edition in ((1, first), (2, second)):
        async with table.service.client() as visitor:
            body = (await visitor.get(f"/b/{table.id}/editions/{number}/edition.json")).content
            assert (await visitor.get(f"/b/{table.id}/editions/{number}")).status_code == 200
            dcat = (await visitor.get(f"/b/{table.id}/editions/{number}/dcat.jsonld")).json()
        assert hashlib.sha256(body).hexdigest() == edition["edition"]["sha256"]
        assert dcat["spdx:checksum"]["spdx:checksumValue"] == edition["edition"]["sha256"]
    assert (await table.member.get(f"/boards/{table.id}/editions/1")).json()["content"] == first["content"]


async def publish_after(table: Table, *titles: str) -> Any:
    for title in titles:
        answer = await table.curator.post(f"/boards/{table.id}/entries", {"fields": {"title": title}})
        assert answer.status_code == 201
    return await publish(table)


async def test_nobody_changes_an_edition(table: Table) -> None:
    await table.change(consolidates_at="2020-02-01T00:00:00Z")
    await publish_after(table, "Cobalt")

    for change in (
        "UPDATE editions SET title = 'Other'",
        "UPDATE editions SET content = ''",
        "DELETE FROM editions",
        "UPDATE editions SET number = 7",
    ):
        with pytest.raises(asyncpg.PostgresError, match="never changed"):
            await raw_sql(table.service.db).execute(change)


async def test_what_is_hidden_after_it_was_published_is_withheld_and_comes_back(table: Table) -> None:
    await table.change(consolidates_at="2020-02-01T00:00:00Z")
    edition = await publish_after(table, "Secret pteranodon", "Kept")
    entry = (await table.member.get(f"/entries/{edition['content']['entries'][0]['id']}")).json()
    await (await a_person(table.service, "Else")).post(f"/posts/{entry['post']}/flags", {"reason": "spam"})
    judge = await a_person(table.service, "Judge", duties=[("moderator", "mobility")])
    case = (await judge.get("/cases")).json()["items"][0]
    hide = {"version": case["version"], "action": "hide", "reason": {"rule": "Spam", "facts": "Sells."}}
    decision = (await judge.post(f"/cases/{case['id']}/decisions", hide)).json()

    async def texts() -> str:
        async with table.service.client() as visitor:
            pages = [
                await visitor.get(f"/b/{table.id}/editions/1{name}")
                for name in ("", "/edition.json", "/table.csv", "/dcat.jsonld")
            ]
            api = await visitor.get(f"/api/v1/boards/{table.id}/editions/1")
            book = await visitor.get(f"/b/{table.id}/editions/1/table.xlsx")
            assert book.status_code == 200
            return " ".join(page.text for page in (*pages, api))

    hidden = await texts()
    assert "pteranodon" not in hidden
    assert "Kept" in hidden
    assert (await table.member.get(f"/boards/{table.id}/editions/1")).json()["withheld"] == 1
    await judge.put(f"/decisions/{decision['id']}/reversal", {"facts": "It was none."})
    assert "pteranodon" in await texts()


def test_no_two_tables_of_contributors_give_a_small_group_away() -> None:
    """An attacker sees the table after each of many changes, of which the attacker knows none, and subtracts."""
    chance = random.Random(7)
    people: Counter[str] = Counter()
    seen: list[dict[str, int]] = []
    for _ in range(2_000):
        people[chance.choice("abcdef")] += chance.choice((1, 1, 1, 0))
        if chance.random() < 0.2 and people:
            group = chance.choice(list(people))
            people[group] = max(people[group] - 1, 0)
        seen.append({share.group: share.at_least for share in round_down_counts(people)})

    numbers = {one.get(group, 0) for one in seen for group in "abcdef"}
    differences = {
        abs(one.get(group, 0) - other.get(group, 0))
        for one, other in itertools.pairwise(seen)
        for group in "abcdef"
    }
    assert all(number % 5 == 0 for number in numbers | differences)
    assert {0, 5} <= numbers
    assert 5 in differences


async def test_links_are_looked_at_in_the_background_and_told_only_when_something_is_new(
    table: Table,
) -> None:
    entry = await table.add(link="https://a.example/report")
    found = {"https://a.example/report": CheckResult("reachable", 200)}
    asked: list[str] = []

    async def look(url: str) -> CheckResult:
        asked.append(url)
        return found[url]

    chore, now = link_check_job(look), datetime.now(UTC)
    head_of = "SELECT seq FROM channels WHERE name = $1"
    head = (await table.member.get(f"/boards/{table.id}")).json()["stream"]["seq"]
    done = await asyncio.gather(*(chore(table.service.db) for _ in range(4)))
    assert done.count(True) == 1
    shown = (await table.member.get(f"/entries/{entry['id']}")).json()
    assert [(one["state"], one["status"]) for one in shown["evidence"]] == [("reachable", 200)]
    told_of = (await table.member.get(f"/boards/{table.id}")).json()["stream"]["seq"]
    assert told_of == head + 1

    assert not await chore(table.service.db), "not before it is due"
    with clock.stop_at(now + timedelta(days=31)):
        assert await chore(table.service.db)
        assert await raw_sql(table.service.db).fetchval(head_of, f"board:{table.id}") == told_of
    found["https://a.example/report"] = CheckResult("gone", 404)
    waits = []
    at = now + timedelta(days=62)
    for _ in range(9):
        with clock.stop_at(at):
            assert await chore(table.service.db)
        due = await raw_sql(table.service.db).fetchval("SELECT due_at FROM evidence")
        waits.append(due - at)
        at = due
    assert waits[:3] == [timedelta(hours=6), timedelta(hours=12), timedelta(hours=24)]
    assert waits[-1] == timedelta(days=30)


async def test_a_link_that_breaks_the_check_holds_up_no_other(table: Table) -> None:
    for path in ("breaks", "works"):
        await table.add(link=f"https://a.example/{path}")

    async def look(url: str) -> CheckResult:
        if url.endswith("breaks"):
            raise UnicodeError
        return CheckResult("reachable", 200)

    job = link_check_job(look)
    assert [await job(table.service.db) for _ in range(3)] == [True, True, False]
    states = await raw_sql(table.service.db).fetch("SELECT url, state, failures FROM evidence ORDER BY url")
    assert [tuple(row) for row in states] == [
        ("https://a.example/breaks", "unreachable", 1),
        ("https://a.example/works", "reachable", 0),
    ]


async def test_who_can_say_is_reminded_once_and_then_the_curators(table: Table) -> None:
    now = datetime.now(UTC)
    await table.change(verify_days=30)
    entry = await table.add()

    async def remind(at: datetime) -> None:
        with clock.stop_at(at):
            await asyncio.gather(*(table.service.worker.run_due_jobs() for _ in range(2)))

    async def told_to(who: Any) -> list[str]:
        return [one["kind"] for one in (await who.get("/inbox")).json()["items"]]

    await remind(now + timedelta(days=29))
    assert await told_to(table.member) == []
    for _ in range(2):
        await remind(now + timedelta(days=31))
    assert await told_to(table.member) == ["entry_due"]
    assert await told_to(table.curator) == []
    for _ in range(2):
        await remind(now + timedelta(days=46))
    assert await told_to(table.member) == ["entry_due"]
    assert await told_to(table.curator) == ["entry_still_due"]

    author = await table.member.actor()
    with clock.stop_at(now + timedelta(days=47)):
        async with table.service.db.begin() as tx:
            await verify_entry(tx, author, EntryId(entry["id"]))
    verified = (await table.member.get(f"/entries/{entry['id']}")).json()
    assert verified["verified_at"].startswith(f"{now + timedelta(days=47):%Y-%m-%d}")
    await remind(now + timedelta(days=76))
    assert await told_to(table.member) == ["entry_due"]
    await remind(now + timedelta(days=78))
    stamped = (await table.member.get("/inbox")).json()["items"]
    assert [one["told_at"][:10] for one in stamped] == [f"{now + timedelta(days=78):%Y-%m-%d}"]


async def test_anyone_says_that_an_entry_is_outdated_and_it_is_taken_back_by_who_knows(table: Table) -> None:
    entry, stranger = await table.add(), await a_person(table.service, "Else")

    refused = await stranger.put(f"/entries/{entry['id']}/outdating", {"reason": " "})
    assert (refused.status_code, refused.json()["code"]) == (422, "why_outdated")
    said = (await stranger.put(f"/entries/{entry['id']}/outdating", {"reason": "It closed in May."})).json()
    assert said["outdated_reason"] == "It closed in May."
    assert [one["kind"] for one in (await table.member.get("/inbox")).json()["items"]] == ["entry_outdated"]
    assert await table.titles("?outdated=true") == ["Cobalt tracing"]
    assert (await stranger.put(f"/entries/{entry['id']}/verification")).status_code == 403
    assert (await table.member.put(f"/entries/{entry['id']}/verification")).json()["outdated_at"] is None
    assert re.match(r"\d{4}-", said["due_at"])


async def test_reminders_go_out_by_mail_with_the_reason_and_a_link_to_the_entry(table: Table) -> None:
    entry = await table.add()
    await table.curator.post(f"/entries/{entry['id']}/requests", {"body": "Which year is this?"})
    await table.service.run_jobs()
    with clock.stop_at(clock.now() + timedelta(minutes=11)):
        await table.service.run_jobs()

    kept = sorted(
        (table.service.contexts[0].settings.data / "mail").glob("*.eml"), key=lambda one: one.stat().st_mtime
    )
    letter = kept[-1].read_text()
    assert "A curator asks you for a change" in letter
    post = (await table.member.get("/inbox")).json()["items"][0]["post"]
    assert f"/p/{post}\n" in letter
    assert "Which year" not in letter, "what is said is read where it stands"
    async with table.service.client() as visitor:
        found = await visitor.get(f"/b/of/{entry['topic']}")
        assert found.headers["location"] == f"/b/{table.id}/entries/{entry['id']}"
        page = (await visitor.get(f"/t/{entry['topic']}", follow_redirects=True)).text
        assert f'href="/b/of/{entry["topic"]}"' in page
