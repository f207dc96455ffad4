"""The transparency report: its totals match the decisions exactly, and it names nobody."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import httpx2

from core import clock
from pages.moderation.routes_transparency import duration
from storage.database import Database
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
RULES = ("No selling", "No insults", "Criminal code 12")


async def decide_some(app: Service, seed: int, first: datetime) -> tuple[list[dict[str, Any]], Person]:
    """Report twelve posts around New Year, decide most of them, and reverse some decisions."""
    chance = Random(seed)
    with clock.stop_at(first - timedelta(days=30)):
        author = await a_person(app, "Author")
        topics = [(await a_topic(author))["id"] for _ in range(2)]
    done: list[dict[str, Any]] = []
    for _ in range(12):
        flagged_at = first + timedelta(hours=chance.randint(-300, 300))
        with clock.stop_at(flagged_at):
            # Sessions expire after two weeks without use, so the members sign in again.
            post = (await a_reply(await a_person(app, "Writer"), chance.choice(topics)))["id"]
            if outside := chance.random() < 0.5:
                given = {"address": f"/p/{post}", "reason": "illegal", "why": "It is.", "good_faith": True}
                given |= {"name": "Ana", "email": "ana@mail.example"}
                async with app.client() as visitor:
                    assert (await visitor.post("/api/v1/reports", json=given)).status_code == 201
            else:
                assert (
                    await (await a_person(app, "Mia")).post(f"/posts/{post}/flags", {"reason": "spam"})
                ).status_code == 201
        if chance.random() < 0.2:
            done.append({"flagged_at": flagged_at, "outside": outside})
            continue
        decided_at = flagged_at + timedelta(minutes=chance.randint(1, 500))
        rule = chance.choice((*RULES, None))
        with clock.stop_at(decided_at):
            judge = await a_person(app, "Ada", duties=[("administrator", None)])
            cases = (await judge.get("/cases")).json()["items"]
            case = next(case for case in cases if case["object"]["id"] == post)
            body: dict[str, Any] = {"version": case["version"], "action": "hide" if rule else "no_action"}
            if rule:
                body["reason"] = {"rule": rule, "facts": "It does."}
            decision = (await judge.post(f"/cases/{case['id']}/decisions", body)).json()
        reversed_at = None
        if rule and chance.random() < 0.4:
            reversed_at = decided_at + timedelta(days=chance.randint(1, 20))
            with clock.stop_at(reversed_at):
                other = await a_person(app, "Ben", duties=[("administrator", None)])
                answer = await other.put(f"/decisions/{decision['id']}/reversal", {"facts": "It does not."})
                assert answer.status_code == 200, answer.text
        done.append(
            {
                **{"flagged_at": flagged_at, "outside": outside, "rule": rule, "decided_at": decided_at},
                **{"action": body["action"], "reversed_at": reversed_at},
            }
        )
    return done, author


async def test_totals_are_those_of_the_decisions(
    app: Service, client: httpx2.AsyncClient, db: Database
) -> None:
    done, author = await decide_some(app, 7, NEW_YEAR)
    every = 0
    for year in (2026, 2027):
        with clock.stop_at(NEW_YEAR + timedelta(days=60)):
            report = (await client.get(f"/api/v1/transparency/{year}")).json()
            page = (await client.get(f"/transparency/{year}", headers={"Accept": "text/html"})).text
        flagged = [one for one in done if one["flagged_at"].year == year]
        decided = [one for one in done if "action" in one and one["decided_at"].year == year]
        assert decided, "the seed gives decisions in both years"

        assert report["decisions"] == len(decided)
        assert report["decisions"] == await raw_sql(db).fetchval(
            "SELECT count(*) FROM decisions WHERE extract(year FROM decided_at AT TIME ZONE 'UTC') = $1", year
        )
        assert {one["action"]: one["decisions"] for one in report["actions"]} == Counter(
            one["action"] for one in decided
        )
        assert {one["ground"]: one["decisions"] for one in report["grounds"]} == Counter(
            one["rule"] for one in decided
        )
        assert report["notices"] == report["cases_opened"] == len(flagged)
        assert report["notices_from_outside"] == sum(one["outside"] for one in flagged)
        assert report["notices"] == report["notices_from_outside"] + report["notices_by_members"]
        assert report["notices"] == sum(one["by_members"] + one["from_outside"] for one in report["reasons"])
        assert report["reversals"] == sum(
            one["reversed_at"] is not None and one["reversed_at"].year == year
            for one in done
            if "action" in one
        )
        ends = datetime(year + 1, 1, 1, tzinfo=UTC)
        assert report["cases_open"] == sum(
            one["flagged_at"] < ends and not ("action" in one and one["decided_at"] < ends) for one in done
        )
        waited = sorted((one["decided_at"] - one["flagged_at"]).total_seconds() for one in decided)
        middle = (waited[(len(waited) - 1) // 2] + waited[len(waited) // 2]) / 2
        assert report["medians"]["to_decision"] == round(middle)
        for text in (page, str(report)):
            assert author.handle not in text
            assert "ana@" not in text
        every += report["decisions"]
    assert every == await raw_sql(db).fetchval("SELECT count(*) FROM decisions")


async def test_what_not_everyone_reads_is_counted_and_its_rule_is_not_told(
    app: Service, client: httpx2.AsyncClient, db: Database
) -> None:
    done, _ = await decide_some(app, 7, NEW_YEAR)
    await raw_sql(db).execute("UPDATE topics SET readers = 'members'")

    with clock.stop_at(NEW_YEAR + timedelta(days=60)):
        report = (await client.get("/api/v1/transparency/2027")).json()

    count = sum("action" in one and one["decided_at"].year == 2027 for one in done)
    assert report["grounds"] == [{"ground": None, "decisions": count}]


async def test_the_file_says_what_the_answer_says(app: Service, client: httpx2.AsyncClient) -> None:
    await decide_some(app, 7, NEW_YEAR)
    with clock.stop_at(NEW_YEAR + timedelta(days=60)):
        report = (await client.get("/api/v1/transparency/2027")).json()
        file = await client.get("/api/v1/transparency/2027/report.csv")

    rows = list(csv.reader(StringIO(file.content.decode("utf-8-sig"))))
    assert file.headers["content-type"].startswith("text/csv")
    totals = {row[1]: row[2] for row in rows if row[0] == "Totals"}
    assert totals["decisions"] == str(report["decisions"])
    assert (
        sum(int(row[2]) for row in rows if row[0] == "Decisions by ground" and row[1] != "Ground")
        == report["decisions"]
    )


async def test_there_is_no_report_on_a_year_that_has_not_begun(client: httpx2.AsyncClient) -> None:
    with clock.stop_at(NEW_YEAR):
        assert (await client.get("/api/v1/transparency/2027")).status_code == 200
        for year in (1999, 2028, 0, 99999):
            assert (await client.get(f"/api/v1/transparency/{year}")).status_code in (400, 404)


def test_spans_of_time_are_said_in_words() -> None:
    assert duration(None) == "no data yet"
    assert duration(0) == "0 seconds"
    assert duration(61) == "1 minute, 1 second"
    assert duration(3_600) == "1 hour"
    assert duration(90_000) == "1 day, 1 hour"
