"""A member whose name is a rare word and whose every text contains another, and a search for both in all that is stored."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct

from tests.support import boards
from tests.support.discussion import quoting
from tests.support.moderation.cases import WHY, decide
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.requests import GOOD
from tests.support.service import Service, raw_sql

NAME = "zqcanary"
WORDS = "zqthylacine"
_TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


class Canary(Struct):
    """The member, somebody else, an administrator, and what they wrote."""

    member: Person
    other: Person
    root: Person
    topic: int
    post: int
    lone_entry: int
    joint_entry: int
    board: int
    question: int
    other_post: int


async def _done(answer: Any) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json() if answer.content else None


async def a_canary(app: Service) -> Canary:
    """Create the member, and write wherever a member can write."""
    member, other = await a_person(app, NAME.title()), await a_person(app, "Berta")
    root = await a_person(app, "Root", duties=[("administrator", None)])
    await raw_sql(app.db).execute(
        "UPDATE members SET trust_given = 3, trust_due_at = now() + interval '9 days'"
    )
    await _profile(app, member)
    topic = (await a_topic(member, f"All about {WORDS}s", f"A {WORDS} lives. #1", tags=["cobalt"]))["id"]
    file = {"name": f"{WORDS}.txt", "content": base64.b64encode(WORDS.encode()).decode()}
    uploaded = await _done(await member.post("/files", file))
    await _done(await member.post("/files", file | {"name": f"{WORDS}-2.txt"}))
    post = await a_reply(member, topic, f"My {WORDS}, see [paper]({uploaded['address']}).")
    await _done(
        await member.patch(f"/posts/{post['id']}", {"body": f"Our {WORDS}, see [it]({uploaded['address']})."})
    )
    await app.run_jobs()
    other_post = await _answer(member, other, topic, post)
    board, lone, joint = await _took_stock(member, other, root)
    question = await _gathered(member, other, root)
    await _moderated(app, member, other, root)
    await app.run_jobs()
    return Canary(member, other, root, topic, post["id"], lone, joint, board, question, other_post)


async def _profile(app: Service, member: Person) -> None:
    await _done(
        await member.patch("/me/profile", {"about": f"{WORDS} {NAME}", "organisation": f"{WORDS} Ltd"})
    )
    await _done(
        await member.patch(
            "/me/mail", {"direct": "at_once", "followed": "daily", "time_zone": "Europe/Vienna"}
        )
    )
    await _done(await member.post("/me/feed-key"))
    async with app.client() as visitor:
        await visitor.post("/api/v1/password-resets", json={"email": f"{member.handle}@example.org"})
    await raw_sql(app.db).execute(
        "UPDATE sessions SET user_agent = $2 WHERE member_id = $1", member.id, f"{WORDS} browser"
    )
    # What went wrong with an e-mail may quote its address.
    await raw_sql(app.db).execute(
        "INSERT INTO quarantine VALUES ('digests', $1, 1, $2, now(), now() + interval '1 year')",
        str(member.id),
        f"MailFailed: {member.handle}@example.org is unknown",
    )
    await raw_sql(app.db).execute(
        "INSERT INTO follow_ups (channel, seq, due_at, error, dead_at) VALUES ('mail', 0, now(), $1, now())",
        f"MailFailed: {member.handle}@example.org is unknown",
    )


async def _answer(member: Person, other: Person, topic: int, post: dict[str, Any]) -> int:
    # The other quotes and mentions the member, links to the profile, edits that, and reacts; the member reacts too.
    quoted = quoting(post, f"Our {WORDS}", f"@{member.handle} is [right](/m/{member.handle}).")
    answer = await _done(
        await other.post(
            f"/topics/{topic}/posts",
            {"body": quoted, "parent": post["id"]},
            headers={"Idempotency-Key": "one"},
        )
    )
    again = f"{quoted} So there, @{member.handle}."
    await _done(await other.patch(f"/posts/{answer['id']}", {"body": again}))
    for who, id in ((other, post["id"]), (member, answer["id"])):
        await _done(await who.put(f"/posts/{id}/reactions/agree"))
    for key, who in (("new:mobility", member), (f"topic:{topic}", other)):
        draft = {
            "body": f"Half a {WORDS if who is member else '@' + member.handle}",
            "sequence": 0,
            "owner": "w",
        }
        await _done(await who.put(f"/drafts/{key}", draft))
    for who, note in ((member, f"A {WORDS}"), (other, f"Ask @{member.handle}")):
        await _done(await who.put(f"/posts/{post['id']}/bookmark", {"note": note}))
    await _done(await member.post("/searches", {"query": WORDS, "told": "daily"}))
    await _done(await other.post("/searches", {"query": f"by:{member.handle}", "told": "daily"}))
    await _done(
        await member.post(
            f"/topics/{topic}/posts", {"body": f"One more {WORDS}."}, headers={"Idempotency-Key": "two"}
        )
    )
    return int(answer["id"])


async def _took_stock(member: Person, other: Person, root: Person) -> tuple[int, int, int]:
    given = {"title": "Good practice", "form": boards.FORM, "opens_at": boards.LONG_AGO}
    board = (await _done(await root.post("/sectors/mobility/boards", given)))["id"]
    made = []
    for n in range(2):
        fields = {"title": f"{WORDS} {n}", "what": f"A {WORDS}.", "link": f"https://{WORDS}.example/{n}"}
        made.append((await _done(await member.post(f"/boards/{board}/entries", {"fields": fields})))["id"])
        await _done(await member.patch(f"/entries/{made[n]}", {"fields": {"what": f"Two {WORDS}s."}}))
    plain = {"title": "Tin", "what": "A metal.", "link": "https://tin.example"}
    await _done(await root.patch(f"/entries/{made[1]}", {"fields": plain}))
    theirs = (await _done(await other.post(f"/boards/{board}/entries", {"fields": {"title": "Lead"}})))["id"]
    await _done(await member.put(f"/entries/{theirs}/confirmations/do_too", {"note": f"{WORDS} too."}))
    await _done(await member.post(f"/boards/{board}/gap-claims", GOOD["claim_gap"]))
    await _done(await member.post(f"/boards/{board}/views", GOOD["save_view"] | {"title": WORDS}))
    await root.patch(f"/boards/{board}", {"consolidates_at": boards.LONG_AGO})
    await _done(await root.post(f"/boards/{board}/editions", GOOD["publish_edition"]))
    await root.patch(f"/boards/{board}", {"consolidates_at": None})
    return board, made[0], made[1]


async def _gathered(member: Person, other: Person, root: Person) -> int:
    gathering = (await _done(await root.post("/gatherings", GOOD["announce_gathering"])))["id"]
    given = {"title": "Main room", "modules": ["questions", "board", "polls"]}
    room = (await _done(await root.post(f"/gatherings/{gathering}/rooms", given)))["id"]
    await _done(await root.put(f"/rooms/{room}/state", {"state": "open"}))
    speaker = {"name": NAME.title(), "organisation": f"{WORDS} Ltd", "handle": member.handle}
    session = {"title": "Opening", "starts_at": "2031-01-10T14:00:00Z", "ends_at": "2031-01-10T15:00:00Z"}
    await _done(await root.post(f"/gatherings/{gathering}/sessions", session | {"speakers": [speaker]}))
    await _done(await member.post(f"/rooms/{room}/questions", {"body": f"Why {WORDS}?"}))
    asked = await _done(await other.post(f"/rooms/{room}/questions", {"body": "Why?"}))
    await _done(await member.put(f"/questions/{asked['id']}/vote", {"value": 1}))
    column = (await member.get(f"/rooms/{room}/columns")).json()["items"][0]["id"]
    await _done(
        await member.post(
            f"/rooms/{room}/notices", {"column": column, "title": WORDS, "body": f"Free {WORDS}."}
        )
    )
    poll = await _done(await root.post(f"/rooms/{room}/polls", {"kind": "words", "title": "Which?"}))
    await _done(await root.put(f"/polls/{poll['id']}/state", {"state": "open", "version": poll["version"]}))
    await _done(await member.put(f"/polls/{poll['id']}/ballot", {"answer": [WORDS]}))
    return int(asked["id"])


async def _moderated(app: Service, member: Person, other: Person, root: Person) -> None:
    # The member flags and reports; a post of the member is hidden, the member appeals; all is decided and answered.
    topic = (await a_topic(root, "Selling", "What is allowed?"))["id"]
    theirs = [(await a_reply(other, topic, f"Buy tin number {n}"))["id"] for n in range(2)]
    await _done(await member.post(f"/posts/{theirs[0]}/flags", {"reason": "spam", "note": f"Like {WORDS}."}))
    report = GOOD["send_report"] | {
        "address": f"/p/{theirs[1]}",
        "why": f"It is no {WORDS}.",
        "name": NAME.title(),
    }
    await _done(await member.post("/reports", report | {"email": f"{member.handle}@example.org"}))
    sold = (await a_reply(member, topic, f"Buy {WORDS} here"))["id"]
    await _done(await other.post(f"/posts/{sold}/flags", {"reason": "spam"}))
    judge = await a_person(app, "Judge", duties=[("administrator", None)])
    await app.run_jobs()
    for case in (await judge.get("/cases")).json()["items"]:
        hides = case["object"]["id"] == sold
        await _done(await decide(judge, case["id"], "hide" if hides else "no_action"))
    await raw_sql(app.db).execute("UPDATE decisions SET decided_at = decided_at - interval '1 minute'")
    await app.run_jobs()
    decision = await raw_sql(app.db).fetchval("SELECT id FROM decisions WHERE action = 'hide'")
    appeal = await _done(await member.post(f"/decisions/{decision}/appeal", {"body": f"It is a {WORDS}."}))
    await _done(await root.put(f"/appeals/{appeal['id']}/answer", GOOD["answer_appeal"]))
    assert WHY


async def find_in_tables(url: str, *words: str) -> dict[str, int]:
    """Return how many rows of each table contain one of the words: as text, as bytes, or in compressed JSON."""
    connection = await asyncpg.connect(url)
    found: dict[str, int] = {}
    try:
        for (table,) in await connection.fetch(_TABLES):
            rows = [
                row[0].lower() for row in await connection.fetch(f'SELECT CAST(t AS text) FROM "{table}" t')
            ]
            looked_for = [form for word in words for form in (word, word.encode().hex())]
            if count := sum(any(form in row for form in looked_for) for row in rows):
                found[table] = count
        for row in await connection.fetch("SELECT content FROM editions"):
            text = json.dumps(json.loads(zlib.decompress(row["content"]))).lower()
            if any(word in text for word in words):
                found["editions"] = found.get("editions", 0) + 1
    finally:
        await connection.close()
    return found


def find_in_files(folder: Path, *words: str) -> list[str]:
    """Return the files in a folder that contain one of the words."""
    return [
        str(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(word.encode() in path.read_bytes().lower() for word in words)
    ]
