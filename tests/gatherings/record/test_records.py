"""Records: complete for their readers, without hidden or pending texts, anonymous askers or small cells."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest

from gatherings.record.exports import ExportTable, escape_formula, write_csv, write_xlsx
from tests.support.moderation.hidden_posts import give_reason, hide_rows
from tests.support.rooms.open_room import OpenRoom, Person
from tests.support.rooms.records import cells_of, close, everything, report_of
from tests.support.service import raw_sql


async def people(open_room: OpenRoom, count: int, **facts: Any) -> list[Person]:
    """Members who attended, with the facts about themselves that they publish."""
    come = [await open_room.member() for _ in range(count)]
    for person in come:
        await raw_sql(open_room.db).execute(
            "INSERT INTO attendance VALUES ($1, $2, '2026-11-22')", open_room.room, person.id
        )
        for name, value in facts.items():
            await raw_sql(open_room.db).execute(
                f"UPDATE members SET {name} = $1 WHERE id = $2", value, person.id
            )
    return come


async def test_the_report_says_what_was_asked_and_what_came_of_it(open_room: OpenRoom) -> None:
    asker, voter = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, "Which scheme?")
    open_one = await open_room.ask(asker, "Who pays?")
    await open_room.vote(voter, question)
    answered = await open_room.change_state(open_room.host, question, "answered")
    assert answered.status_code == 200
    await close(open_room)

    report = await report_of(open_room, open_room.visitor)

    assert report["totals"] == {"questions": 2, "votes": 1, "answered": 1, "notices": 0, "polls": 0}
    first, second = report["questions"]
    assert (first["state"], first["answered_how"], first["votes"]) == ("answered", "live", 1)
    assert first["settled_at"] == answered.json()["settled_at"]
    assert first["author"]["id"] == asker.id
    assert (second["id"], second["state"], second["answer"]) == (open_one["id"], "live", None)
    assert report["is_full"] is report["attendance"]["is_exact"] is False


async def test_an_answer_in_writing_stands_with_its_question(open_room: OpenRoom) -> None:
    question = await open_room.ask(await open_room.member())
    reply = {"body": "The mill pays.", "parent": question["post"]}
    written = (await open_room.host.post(f"/topics/{open_room.topic}/posts", reply)).json()
    await raw_sql(open_room.db).execute(
        "UPDATE questions SET state = 'answered', answered_how = 'writing', answer_post_id = $1",
        written["id"],
    )
    await close(open_room)

    (one,) = (await report_of(open_room, open_room.visitor))["questions"]
    assert (one["answer"]["body"], one["answer"]["author"]["id"]) == ("The mill pays.", open_room.host.id)

    await hide_rows(open_room.db, written["id"])
    (one,) = (await report_of(open_room, open_room.visitor))["questions"]
    assert one["answer"] is None
    assert "The mill pays." not in await everything(open_room, open_room.host)


@pytest.mark.parametrize("state", ["held", "hidden", "withdrawn"])
async def test_what_has_no_text_for_its_readers_is_in_no_report(open_room: OpenRoom, state: str) -> None:
    question = await open_room.ask(await open_room.member(), "The secret question")
    await close(open_room)
    assert "The secret question" in await everything(open_room, open_room.visitor)

    if state == "hidden":
        await give_reason(open_room.db, question["post"])
    gone = "UPDATE posts SET state = $1" + (", number = NULL, path = NULL" if state == "held" else "")
    await raw_sql(open_room.db).execute(f"{gone} WHERE id = $2", state, question["post"])

    for who in (open_room.visitor, open_room.host, open_room.administrator):
        assert "The secret question" not in await everything(open_room, who)
        assert (await report_of(open_room, who))["totals"]["questions"] == 0


async def test_what_was_dismissed_is_in_the_hosts_report_only(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, "The dismissed question")
    dismissed = {"state": "dismissed", "version": question["version"], "reason": "Asked before."}
    if (await open_room.host.put(f"/questions/{question['id']}/state", dismissed)).status_code != 200:
        assert (await open_room.change_state(open_room.host, question, "dismissed")).status_code == 200
    await close(open_room)

    assert "The dismissed question" in await everything(open_room, open_room.host)
    for who in (open_room.visitor, asker, await open_room.member()):
        assert "The dismissed question" not in await everything(open_room, who)
        assert (await report_of(open_room, who))["totals"]["questions"] == 0


async def test_nothing_leads_to_who_asked_anonymously(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    await open_room.ask(asker, "Anonymously asked", anonymous=True)
    handle = await raw_sql(open_room.db).fetchval("SELECT handle FROM members WHERE id = $1", asker.id)
    await close(open_room)

    for who in (open_room.visitor, open_room.host, asker):
        text = await everything(open_room, who)
        assert "Anonymously asked" in text
        assert handle not in text
        (question,) = (await report_of(open_room, who))["questions"]
        assert (question["author"], question["anonymous"]) == (None, True)
        assert not {"mine", "asked_at", "pseudonym"} & question.keys()
    hosts, askers = await report_of(open_room, open_room.visitor), await report_of(open_room, asker)
    assert hosts["questions"] == askers["questions"], "the report is the same for all"


async def test_small_cells_are_for_hosts_and_never_in_a_file(open_room: OpenRoom) -> None:
    await people(open_room, 9, stakeholder_group="industry", country="AT")
    await people(open_room, 6, stakeholder_group="academia", country="AT")
    await people(open_room, 2, stakeholder_group="government", country="CD")
    await close(open_room)

    exact = (await report_of(open_room, open_room.host))["attendance"]
    assert exact["groups"] == {"industry": 9, "academia": 6, "government": 2}
    assert exact["is_exact"] is True

    told = (await report_of(open_room, open_room.visitor))["attendance"]
    assert (told["members"], told["is_exact"]) == (17, False)
    assert told["groups"] == {"industry": 9}, "the two follow from the rest unless the six go too"
    assert told["countries"] == {}
    for who in (open_room.host, open_room.visitor):
        kept = await who.get(f"/rooms/{open_room.room}/report.json")
        assert json.loads(kept.content)["attendance"]["groups"] == {"industry": 9}
        for place in (f"/rooms/{open_room.room}", f"/gatherings/{open_room.gathering}"):
            rows = list(
                csv.reader(StringIO((await who.get(f"{place}/report.csv")).content.decode("utf-8-sig")))
            )
            groups = [row[2:] for row in rows if row[1:2] == ["Stakeholder group"]]
            assert groups == [["Industry", "9"]]
    assert "overnment" not in await everything(open_room, open_room.visitor)


async def test_what_members_keep_back_is_not_counted_by(open_room: OpenRoom) -> None:
    await people(open_room, 6, stakeholder_group="industry", public=["stakeholder_group"], country="AT")
    await people(open_room, 7, stakeholder_group="industry", public=[], sectors=["mobility"])
    await close(open_room)

    for who in (open_room.host, open_room.visitor):
        attendance = (await report_of(open_room, who))["attendance"]
        assert attendance["groups"] == {"": 7, "industry": 6}
        assert attendance["countries"] == {"": 13}
        assert attendance["sectors"] == {}


async def test_a_gathering_counts_everybody_once(open_room: OpenRoom) -> None:
    come = await people(open_room, 6)
    second = (
        await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", {"title": "Second"})
    ).json()["id"]
    await open_room.host.put(f"/rooms/{second}/state", {"state": "open"})
    for person in come[:4]:
        await raw_sql(open_room.db).execute(
            "INSERT INTO attendance VALUES ($1, $2, '2026-11-23')", second, person.id
        )
    await close(open_room)

    public = (await open_room.visitor.get(f"/gatherings/{open_room.gathering}/report")).json()
    full = (await open_room.host.get(f"/gatherings/{open_room.gathering}/report")).json()

    assert [room["room"] for room in public["rooms"]] == [open_room.room], (
        "of what is still open hosts alone read"
    )
    assert [room["room"] for room in full["rooms"]] == [open_room.room, second]
    assert public["attendance"]["members"] == full["attendance"]["members"] == 6
    assert [room["attendance"]["members"] for room in full["rooms"]] == [6, 4]
    assert full["attendance"]["days"] == [
        {"day": "2026-11-22", "members": 6},
        {"day": "2026-11-23", "members": 4},
    ]


async def test_a_room_that_is_not_for_somebody_is_in_no_gatherings_report(open_room: OpenRoom) -> None:
    second = (
        await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", {"title": "The committee"})
    ).json()
    await open_room.host.put(f"/rooms/{second['id']}/state", {"state": "open"})
    asked = await open_room.host.post(f"/rooms/{second['id']}/questions", {"body": "The internal question"})
    assert asked.status_code == 201
    for person in await people(open_room, 3):
        await raw_sql(open_room.db).execute(
            "INSERT INTO attendance VALUES ($1, $2, '2026-11-23')", second["id"], person.id
        )
    await people(open_room, 2)
    await open_room.host.put(f"/rooms/{second['id']}/state", {"state": "closed"})
    await close(open_room)
    await raw_sql(open_room.db).execute(
        "UPDATE topics SET readers = 'listed', gathering_id = $2 WHERE id = $1",
        second["topic"],
        open_room.gathering,
    )

    for who in (open_room.visitor, await open_room.member()):
        text = await everything(open_room, who)
        assert "The internal question" not in text
        assert "The committee" not in text
        report = (await who.get(f"/gatherings/{open_room.gathering}/report")).json()
        assert (report["attendance"]["members"], report["totals"]["questions"]) == (5, 0)
        assert [day["day"] for day in report["attendance"]["days"]] == ["2026-11-22"]
        for form in ("report", "report.csv", "report.xlsx", "report.json"):
            assert (await who.get(f"/rooms/{second['id']}/{form}")).status_code == 404
    assert "The internal question" in await everything(open_room, open_room.host)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "＝1+1",
        '=HYPERLINK("http://x")',
        "\n@x",
    ],
)
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    sheets = [ExportTable("Questions", ("Question",), [(text,)])]

    (_, (_, cell)) = csv.reader(StringIO(write_csv(sheets).decode("utf-8-sig"), newline=""))
    assert cell.startswith("'")
    assert escape_formula(text) == f"'{text}"
    with ZipFile(BytesIO(write_xlsx(sheets))) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in page
        assert "<hyperlink" not in page
        assert 'quotePrefix="1"' in book.read("xl/styles.xml").decode()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("  ", "  "),
        ("a;=1+1", "a;'=1+1"),
        ("a; \t@x", "a; \t'@x"),
        ("yes\n- no", "yes\n'- no"),
        ("a = b; c - d", "a = b; c - d"),
    ],
)
def test_nor_is_what_another_separator_would_cut_off(text: str, kept: str) -> None:
    table = write_csv([ExportTable("Questions", ("Question",), [(text,)])])

    assert list(csv.reader(StringIO(table.decode("utf-8-sig"), newline="")))[1] == ["Questions", kept]


async def test_the_files_open_and_say_the_same(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    await open_room.ask(
        asker, '=HYPERLINK("https://evil.example","Which \u202escheme") <b>&"quoted"\nnext line'
    )
    await close(open_room)

    book = await open_room.visitor.get(f"/rooms/{open_room.room}/report.xlsx")
    table = await open_room.visitor.get(f"/rooms/{open_room.room}/report.csv")

    assert book.headers["content-disposition"] == f'attachment; filename="room-{open_room.room}.xlsx"'
    assert any('<b>&"quoted"\nnext line' in cell for cell in cells_of(book))
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(table.content.decode("utf-8-sig"), newline="")))
    (asked,) = [row for row in rows if row[0] == "Questions" and row[2] != "Number"]
    assert asked[5].startswith("'=HYPERLINK")
