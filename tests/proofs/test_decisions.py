"""Decisions about every kind of object: only one of many simultaneous decisions succeeds, and a reversal a week later
restores everything."""

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from storage.database import Database
from tests.support.boards import a_board
from tests.support.moderation.cases import mails
from tests.support.people import Person, a_person, a_reply, a_topic, answered
from tests.support.rooms.open_room import make_open_room
from tests.support.service import Service, raw_sql

WHY = {"rule": "No selling", "facts": "It sells."}
AT_ONCE = 50


async def a_post(app: Service, author: Person) -> int:
    return int((await a_reply(author, (await a_topic(author))["id"]))["id"])


async def a_question(app: Service, author: Person) -> int:
    open_room = await make_open_room(app)
    asked = await author.post(f"/rooms/{open_room.room}/questions", {"body": "Who buys my cobalt?"})
    return int(asked.json()["post"])


async def a_notice(app: Service, author: Person) -> int:
    open_room = await make_open_room(app)
    given = {"title": "Marketplace", "modules": ["board"]}
    room = (await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", given)).json()["id"]
    column = (await author.get(f"/rooms/{room}/columns")).json()["items"][0]["id"]
    given = {"title": "Cobalt", "body": "Who buys it?", "column": column}
    posted = await author.post(f"/rooms/{room}/notices", given)
    assert posted.status_code == 201, posted.text
    notice = posted.json()["id"]
    return int(await raw_sql(app.db).fetchval("SELECT post_id FROM notices WHERE id = $1", notice))


async def an_entry(app: Service, author: Person) -> int:
    table = await a_board(app)
    entry = await table.add("Cobalt code", who=author)
    return int(await raw_sql(app.db).fetchval("SELECT post_id FROM entries WHERE id = $1", entry["id"]))


# By object: how it is reported, and what its hiding records once.
Made = Callable[[Service, Person], Awaitable[int | str]]


async def a_whole_topic(app: Service, author: Person) -> str:
    return f"/topics/{(await a_topic(author))['id']}/flags"


async def a_profile(app: Service, author: Person) -> str:
    return f"/members/{author.handle}/flags"


async def a_file(app: Service, author: Person) -> str:
    await raw_sql(app.db).execute("UPDATE members SET trust = 2 WHERE id = $1", author.id)
    content = base64.b64encode(b"Cheap cobalt").decode()
    file = (await author.post("/files", {"name": "offer.txt", "content": content})).json()
    await a_topic(author, "Cobalt for sale", f"See {file['markup']}")
    return f"/files/{file['id']}/flags"


async def flag(flagger: Person, about: int | str) -> dict[str, Any]:
    """Report a post, or the object at an address; return the kind and id of the object."""
    path = f"/posts/{about}/flags" if isinstance(about, int) else about
    flagged = await flagger.post(path, {"reason": "spam"})
    assert flagged.status_code == 201, flagged.text
    name: dict[str, Any] = flagged.json()["object"]
    return name


_HIDDEN = {
    "post": "SELECT count(*) FROM log WHERE event ->> 'type' = 'post_hidden' AND event ->> 'post_id' = $1",
    "topic": "SELECT count(*) FROM log WHERE event ->> 'type' = 'readers_changed' AND event ->> 'topic_id' = $1",
    "profile": "SELECT count(*) FROM log WHERE event ->> 'type' = 'profile_changed' AND event ->> 'member_id' = $1",
    "file": "SELECT count(*) FROM files WHERE hidden_at IS NOT NULL AND CAST(id AS text) = $1",
}


@pytest.mark.parametrize("made", [a_post, a_question, a_notice, an_entry, a_whole_topic, a_profile, a_file])
async def test_one_of_fifty_concurrent_decisions_succeeds_and_the_others_conflict(
    app: Service, db: Database, made: Made
) -> None:
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    judges = [await a_person(app, f"Judge{n}", duties=[("administrator", None)]) for n in range(5)]
    about = await made(app, author)
    name = await flag(flagger, about)
    case = (await judges[0].get("/cases")).json()["items"][0]["id"]

    async def decide(place: int) -> Any:
        reason = {"rule": "No selling", "facts": f"It sells, says {place}."}
        given = {"version": 1, "action": "hide", "reason": reason}
        return await answered(lambda: judges[place % 5].post(f"/cases/{case}/decisions", given))

    answers = await asyncio.gather(*(decide(place) for place in range(AT_ONCE)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}
    [winner] = [answer.json() for answer in answers if answer.status_code == 201]
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "case_moved_on"
            assert [one["id"] for one in answer.json()["current"]["decisions"]] == [winner["id"]]
    assert await raw_sql(db).fetchval("SELECT count(*) FROM decisions WHERE case_id = $1", case) == 1
    assert await raw_sql(db).fetchval(_HIDDEN[name["kind"]], str(name["id"])) == 1


_MOVES = {"version", "stream", "rank"}


def without_counters(value: Any) -> Any:
    """Remove the values that count up or depend on the time."""
    if isinstance(value, dict):
        return {name: without_counters(each) for name, each in value.items() if name not in _MOVES}
    return [without_counters(each) for each in value] if isinstance(value, list) else value


async def test_a_reversal_after_a_week_restores_the_text(app: Service) -> None:
    open_room = await make_open_room(app)
    people = [await a_person(app, name) for name in ("Author", "Reader", "Flagger")]
    author, reader, flagger = people
    root = await a_person(app, "Root", duties=[("administrator", None)])
    topic = (await a_topic(author))["id"]
    post = await a_reply(author, topic, f"Look here, @{reader.handle}")
    await a_reply(flagger, topic, "I answer", post["id"])
    asked = (await author.post(f"/rooms/{open_room.room}/questions", {"body": "Who buys my cobalt?"})).json()
    for voter in (reader, flagger):
        assert (await voter.put(f"/questions/{asked['id']}/vote", {"value": 1})).status_code == 200
        assert (await voter.put(f"/posts/{post['id']}/reactions/kind")).status_code < 300
    assert (await reader.put(f"/topics/{topic}/reading", {"number": 2})).status_code < 300
    await app.run_jobs()

    async def world() -> list[Any]:
        paths = [f"/topics/{topic}", f"/topics/{topic}/posts", f"/rooms/{open_room.room}/questions", "/inbox"]
        seen = [without_counters((await person.get(path)).json()) for person in people for path in paths]
        for page in seen:
            if "unread" in page:  # the notification of the decision stays
                page["items"] = [item for item in page["items"] if not item["decision"]]
                page["unread"] = len([item for item in page["items"] if not item["is_read"]])
        return seen

    before = await world()
    now = clock.now()
    decisions = []
    for about in (post["id"], asked["post"]):
        assert (await flagger.post(f"/posts/{about}/flags", {"reason": "spam"})).status_code == 201
        case = (await root.get("/cases")).json()["items"][0]
        given = {"version": case["version"], "action": "hide", "reason": WHY}
        decisions.append((await root.post(f"/cases/{case['id']}/decisions", given)).json()["id"])
    await app.run_jobs()
    assert await world() != before

    with clock.stop_at(now + timedelta(days=7)):
        later = await a_person(app, "Later", duties=[("administrator", None)])
        for decision in decisions:
            taken = await later.put(f"/decisions/{decision}/reversal", {"facts": "It was a quotation."})
            assert taken.status_code == 200, taken.text
        await app.run_jobs()
        after = await world()

    for old, new in zip(before, after, strict=True):
        assert old == new


# Records of actions and their reversal: the audit log, the event log, and the decision with `undone_at`.
_TRACES = {"audit", "audit_head", "log", "channels", "decisions", "idempotency", "search_queue"}
_TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# Columns that only count changes.
_COUNTS_UP = {"version", "until", "seen_at"}


async def everything(db: Database) -> dict[str, Any]:
    """Return every row of every table, except tables that keep history on purpose."""
    found = {}
    for row in await raw_sql(db).fetch(_TABLES):
        table = row["relname"]
        if table in _TRACES:
            continue
        rows = [dict(one) for one in await raw_sql(db).fetch(f'SELECT * FROM "{table}"')]
        kept = [{name: value for name, value in one.items() if name not in _COUNTS_UP} for one in rows]
        found[table] = sorted(map(repr, kept))
    return found


@pytest.mark.parametrize("made", [a_post, a_question, a_notice, an_entry, a_whole_topic, a_profile, a_file])
async def test_undoing_at_the_last_moment_leaves_no_trace(app: Service, made: Made) -> None:
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    judge = await a_person(app, "Judge", duties=[("administrator", None)])
    about = await made(app, author)
    await flag(flagger, about)
    await app.run_jobs()
    mails(app)
    case = (await judge.get("/cases")).json()["items"][0]
    ledger = (await judge.get("/ledger")).json()
    before = await everything(app.db)
    now = clock.now()

    with clock.stop_at(now):
        given = {"version": case["version"], "action": "hide", "also": ["warn"], "reason": WHY}
        if made in (a_question,):
            given["also"] = []
        decided = await judge.post(f"/cases/{case['id']}/decisions", given)
        assert decided.status_code == 201, decided.text
        assert await everything(app.db) != before
    with clock.stop_at(now + timedelta(seconds=11.9)):
        await app.run_jobs()
        undone = await judge.delete(f"/decisions/{decided.json()['id']}")
        assert undone.status_code == 200, undone.text
        assert undone.json()["state"] == "open"
    with clock.stop_at(now + timedelta(minutes=1)):
        await app.run_jobs()

    after = await everything(app.db)
    # A sanction that was undone keeps its row, with an end.
    changed = {table for table in before if after[table] != before[table]}
    assert changed <= {"sanctions", "moderator_names"}, {
        table: (before[table], after[table]) for table in changed
    }
    assert mails(app) == []
    assert (await judge.get("/ledger")).json() == ledger
    assert (await author.get("/me/sanctions")).json() == {"items": []}


# Notifications, decisions and their reviews stay.
_STAYS = {"cases", "flags", "mail_wishes", "moderator_names", "notifications", "outbox"}
# Rows of the moderator who reverses the decision a week later.
_CAME = {"members", "duties", "search_people", "sessions"}


@pytest.mark.parametrize("made", [a_post, a_question, a_notice, an_entry, a_whole_topic, a_profile, a_file])
async def test_a_reversal_after_a_week_restores_everything_but_notifications(
    app: Service, made: Made
) -> None:
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    judge = await a_person(app, "Judge", duties=[("administrator", None)])
    about = await made(app, author)
    await flag(flagger, about)
    await app.run_jobs()
    case = (await judge.get("/cases")).json()["items"][0]
    # Trust levels rise within a week.
    await raw_sql(app.db).execute("UPDATE members SET trust_due_at = trust_due_at + interval '1 year'")
    before = await everything(app.db)
    now = clock.now()

    with clock.stop_at(now):
        given = {"version": case["version"], "action": "hide", "reason": WHY}
        decided = await judge.post(f"/cases/{case['id']}/decisions", given)
        assert decided.status_code == 201, decided.text
    with clock.stop_at(now + timedelta(minutes=1)):
        await app.run_jobs()
        hidden = await everything(app.db)
        assert {table for table in before if hidden[table] != before[table]} - _STAYS, "it was hidden"
    with clock.stop_at(now + timedelta(days=7)):
        other = await a_person(app, "Other", duties=[("administrator", None)])
        taken = await other.put(f"/decisions/{decided.json()['id']}/reversal", {"facts": "It was right."})
        assert taken.status_code == 200, taken.text
        await app.run_jobs()

    after = await everything(app.db)
    changed = {table for table in before if after[table] != before[table]}
    for table in changed & _CAME:
        assert set(before[table]) < set(after[table]), "somebody came, nobody else is another one"
    changed -= _STAYS | _CAME
    assert not changed, {table: (before[table], after[table]) for table in changed}
    told = [one for one in after["notifications"] if one not in before["notifications"]]
    assert told and all("decided" in one for one in told)
