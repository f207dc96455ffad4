"""`tertulia follow-ups`, `maintenance` and `mail`, and the commands of `tertulia member` about existing accounts."""

import json
from pathlib import Path

import asyncpg
import pytest

from core import clock
from core.languages.languages import ENGLISH
from storage import schema
from storage.database import Database
from storage.embedded.postgres import Cluster
from storage.switches import MAINTENANCE, switch_off, switch_on
from tertulia.http.maintenance import DEFAULT_NOTE
from tests.support.command_line import tertulia
from tests.support.emails.lanes import queue_for
from tests.support.languages.pseudo import ACCENTED, pseudo
from tests.support.moderation.cases import mails
from tests.support.pages import open_page, send
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def test_jobs_that_were_given_up_are_listed_retried_and_dropped(
    app: Service, db: Database, environment: dict[str, str]
) -> None:
    await a_topic(await a_person(app))
    await app.run_jobs()
    sql, now = raw_sql(db), clock.now()
    channel, seq = await sql.fetchrow("SELECT channel, seq FROM log WHERE channel LIKE 'topic:%' LIMIT 1")
    insert = """INSERT INTO follow_ups (channel, seq, due_at, attempts, dead_at, error)
        VALUES ($1, $2, $3, 18, $4, 'ValueError: several\nlines') RETURNING id"""
    dead = [await sql.fetchval(insert, channel, seq, now, now) for _ in range(3)]
    listed, retried, dropped, unknown, rest, usage = await tertulia(
        environment,
        ["follow-ups", "list", "--dead"],
        ["follow-ups", "retry", str(dead[0])],
        ["follow-ups", "drop", str(dead[1])],
        ["follow-ups", "drop", str(dead[1])],
        ["follow-ups", "list", "--dead", "--json"],
        ["follow-ups", "retry"],
    )
    assert listed[1].count("\n") == 3
    assert "ValueError: several lines" in listed[1]
    assert retried == (0, "1 job is tried again.\n", "")
    assert dropped == (0, "1 job is dropped.\n", "")
    assert (unknown[0], "not_found" in unknown[2]) == (1, True)
    assert [json.loads(line)["id"] for line in rest[1].splitlines()] == [dead[2]]
    assert usage[0] == 2
    assert await sql.fetchval("SELECT attempts FROM follow_ups WHERE id = $1", dead[0]) == 0
    await sql.execute("DELETE FROM follow_ups")


async def test_maintenance_lets_everybody_read_and_nobody_write(app: Service, db: Database) -> None:
    anna = await a_person(app)
    topic = (await a_topic(anna))["id"]
    async with app.client() as visitor:
        path = (await visitor.get(f"/t/{topic}")).headers["location"]
        before = await visitor.get(path)
        async with db.begin() as tx:
            await switch_on(tx, MAINTENANCE, "We move to a <larger> machine.")
        app.forget_switches()
        refused = await anna.post(f"/topics/{topic}/posts", {"body": "Does it work?"})
        assert (refused.status_code, refused.json()["code"]) == (503, "under_maintenance")
        assert refused.headers["retry-after"]
        page = await visitor.get(path, headers={"if-none-match": before.headers["etag"]})
        assert page.status_code == 200
        assert "We move to a &lt;larger&gt; machine." in page.text
        assert (await send(visitor, "/signin", login="a", password="b")).status_code == 503
        assert (await visitor.get("/health")).status_code == 200
        assert not await raw_sql(db).fetchval("SELECT count(*) FROM posts WHERE number > 1")
        assert await app.worker.is_paused()

        async with db.begin() as tx:
            assert await switch_off(tx, MAINTENANCE)
        app.forget_switches()
        assert (await anna.post(f"/topics/{topic}/posts", {"body": "Does it work?"})).status_code == 201
        assert "larger" not in (await visitor.get(path)).text
        assert not await app.worker.is_paused()


async def test_without_a_note_every_reader_is_told_of_maintenance_in_their_language(
    app: Service, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {one.tag: one for one in (ENGLISH, ACCENTED)}
    monkeypatch.setattr("tertulia.http.languages.languages", lambda: known)
    async with db.begin() as tx:
        await switch_on(tx, MAINTENANCE, "")
    app.forget_switches()

    async with app.client() as visitor:
        for tag, note in (("en", DEFAULT_NOTE), (ACCENTED.tag, pseudo(DEFAULT_NOTE))):
            assert f"<p>{note}</p>" in (await visitor.get(f"/help?lang={tag}")).text


async def test_maintenance_and_held_mail_are_switched_by_commands(
    app: Service, db: Database, environment: dict[str, str]
) -> None:
    on, status, held, both, off, rest = await tertulia(
        environment,
        ["maintenance", "on", "--note", "Back at noon."],
        ["maintenance", "status"],
        ["mail", "hold"],
        ["mail", "status"],
        ["maintenance", "off"],
        ["maintenance", "status"],
    )
    assert [one[0] for one in (on, status, held, both, off, rest)] == [0] * 6
    assert status[1].endswith(" UTC. Note: Back at noon.\n")
    assert both[1].startswith("E-mails are held since")
    assert rest[1] == "Everybody can write.\n"
    assert await raw_sql(db).fetchval("SELECT string_agg(name, ' ') FROM switches") == "mail_held"
    [(status_code, said, _)] = await tertulia(environment, ["mail", "release"])
    assert (status_code, said) == (0, "E-mails are sent again.\n")


async def test_held_mail_waits_and_is_sent_after_the_release(
    app: Service, db: Database, environment: dict[str, str]
) -> None:
    anna = await a_person(app)
    await app.run_jobs()
    mails(app)  # deletes those of other tests
    sql = raw_sql(db)
    await sql.execute("INSERT INTO switches (name, set_at) VALUES ('mail_held', now())")
    async with app.client() as visitor:
        for handle in ("berta", "carla"):
            given = {"handle": handle, "email": f"{handle}@mail.example", "password": "three unrelated words"}
            assert (await visitor.post("/api/v1/accounts", json=given)).status_code == 201
    topic = (await a_topic(anna))["id"]
    await a_reply(await a_person(app), topic)
    await app.run_jobs()
    assert mails(app) == []
    assert await sql.fetchval("SELECT count(*) FROM notifications") >= 1, "everything else goes on"
    assert await sql.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL") == 2

    await sql.execute("DELETE FROM switches")
    await app.run_jobs()
    assert len(mails(app)) == 2


async def test_held_mail_can_be_discarded(app: Service, db: Database, environment: dict[str, str]) -> None:
    mails(app)  # deletes those of other tests
    sql = raw_sql(db)
    await sql.execute("INSERT INTO switches (name, set_at) VALUES ('mail_held', now())")
    async with app.client() as visitor:
        given = {"handle": "berta", "email": "berta@mail.example", "password": "three unrelated words"}
        assert (await visitor.post("/api/v1/accounts", json=given)).status_code == 201
    await app.run_jobs()
    [(status, said, _)] = await tertulia(environment, ["mail", "release", "--discard"])
    assert (status, said) == (0, "E-mails are sent again. 1 that waited are discarded.\n")
    await app.run_jobs()
    assert mails(app) == []


async def test_emails_that_failed_are_listed_and_tried_again(
    app: Service, db: Database, environment: dict[str, str]
) -> None:
    people = [await a_person(app) for _ in range(3)]
    ids = [await queue_for(db, person.id) for person in people]
    sql = raw_sql(db)
    change = "UPDATE outbox SET done_at = now(), outcome = $2, error = $3 WHERE id = $1"
    await sql.execute(change, ids[0], "failed", "the mail server refused the message: 554 5.7.1")
    await sql.execute(change, ids[1], "sent", None)
    why = "the mail server cannot be reached: no connection"
    await sql.execute("UPDATE outbox SET error = $2 WHERE id = $1", ids[2], why)
    status, listed, as_json, sent, retried, again, all_of_them, usage = await tertulia(
        environment,
        ["mail", "status"],
        ["mail", "list", "--failed"],
        ["mail", "list", "--json"],
        ["mail", "retry", str(ids[1])],
        ["mail", "retry", str(ids[0])],
        ["mail", "list", "--failed"],
        ["mail", "retry", "--all"],
        ["mail", "retry"],
    )
    assert status[1].startswith("No mail server is set: ") and "\n1 wait, the oldest since " in status[1]
    assert f" One was tried in vain: {why}.\n" in status[1]
    assert status[1].endswith("In the last two weeks 1 were refused and 0 were given up.\n")
    assert listed[1].split()[:2] == [str(ids[0]), "failed"] and "554 5.7.1" in listed[1]
    assert [json.loads(line)["id"] for line in as_json[1].splitlines()] == [ids[2], ids[0]]
    assert "example.org" not in listed[1] + as_json[1]
    assert (sent[0], "not_found" in sent[2]) == (1, True), "what was sent is never sent again"
    assert retried == (0, "1 e-mail is tried again.\n", "")
    assert again[1] == ""
    assert all_of_them[1] == "2 e-mails are tried again.\n"
    assert usage[0] == 2
    mails(app)
    await app.run_jobs()
    assert len(mails(app)) == 2


async def test_accounts_are_found_shown_verified_and_given_a_link(
    app: Service, db: Database, environment: dict[str, str]
) -> None:
    add = ["member", "add", "anna", "--email", "anna@mail.example", "--display-name", "Anna Ó"]
    _, listed, none, shown, verified, again, link, nobody = await tertulia(
        environment,
        add,
        ["member", "list", "ANNA"],
        ["member", "list", "100%"],
        ["member", "show", "Anna", "--json"],
        ["member", "verify", "anna"],
        ["member", "show", "anna", "--json"],
        ["member", "password", "anna"],
        ["member", "show", "nobody"],
    )
    assert listed[1].split() == [listed[1].split()[0], "anna", "Anna", "Ó", "anna@mail.example", "unverified"]
    assert none == (0, "", "")
    assert json.loads(shown[1])["is_verified"] is False
    assert (verified[0], json.loads(again[1])["is_verified"]) == (0, True)
    assert (nobody[0], "not_found" in nobody[2]) == (1, True)
    token = link[1].strip().rpartition("/reset/")[2]
    async with app.client() as visitor:
        await open_page(visitor, f"/reset/{token}")
        given = {"token": token, "password": "three unrelated words"}
        assert (await send(visitor, "/reset", **given)).status_code == 303
        signed_in = await visitor.post(
            "/api/v1/sessions", json={"login": "anna", "password": given["password"]}
        )
        assert signed_in.status_code == 201


async def test_a_suspension_is_a_decision_in_the_audit_log(
    app: Service, db: Database, environment: dict[str, str]
) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    berta = await a_person(app, "Berta")
    topic = (await a_topic(root))["id"]
    sql = raw_sql(db)
    audited = await sql.fetchval("SELECT count(*) FROM audit")
    why = ["--days", "3", "--rule", "Rule 2", "--facts", "Sold watches in forty topics."]
    by_member, done, of_root, shown, verified = await tertulia(
        environment,
        ["member", "suspend", root.handle, "--by", berta.handle, *why],
        ["member", "suspend", berta.handle, "--by", root.handle, *why],
        ["member", "suspend", root.handle, "--by", root.handle, *why],
        ["member", "list", berta.handle],
        ["audit", "verify"],
    )
    assert (by_member[0], "administrators_only" in by_member[2]) == (1, True)
    assert done[0] == 0, done[2]
    assert of_root[0] == 1
    assert "suspended until" in shown[1]
    assert verified[0] == 0
    assert (await berta.post(f"/topics/{topic}/posts", {"body": "May I?"})).status_code == 403
    assert await sql.fetchval("SELECT count(*) FROM audit") == audited + 1
    about = await sql.fetchrow("SELECT kind, by_id, about FROM audit ORDER BY number DESC LIMIT 1")
    assert (about["kind"], about["by_id"], about["about"]["action"]) == ("decided", root.id, "suspend")


async def test_no_command_migrates_a_database_that_another_version_uses(
    cluster: Cluster, environment: dict[str, str], tmp_path: Path
) -> None:
    owner = cluster.create_database("of_another_version")
    try:
        await schema.migrate_to(owner, "0048")
        older = {**environment, "DATABASE_URL": owner, "TERTULIA_DATA": str(tmp_path)}
        refused = await tertulia(
            older,
            ["member", "list"],
            ["follow-ups", "list"],
            ["search", "reindex"],
            ["worker"],
            ["doctor"],
            ["backup", "--to", str(tmp_path)],
        )
        assert [status for status, _, _ in refused] == [1, 1, 1, 1, 1, 0]
        for _, _, complained in refused[:4]:
            assert "tertulia migrate" in complained
        assert "wrong    schema: The database is at 0048" in refused[4][1]
        connection = await asyncpg.connect(owner)
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0048"
        await connection.close()
    finally:
        cluster.drop_database("of_another_version")


async def test_a_role_that_may_not_migrate_is_told_which_setting_is_missing(
    cluster: Cluster, environment: dict[str, str], tmp_path: Path
) -> None:
    owner = cluster.create_database("without_owner")
    url = owner.replace("user=postgres", "user=tertulia")
    try:
        settings = {**environment, "DATABASE_URL": url, "TERTULIA_DATA": str(tmp_path)}
        [(status, _, complained)] = await tertulia(settings, ["migrate"])
        assert (status, complained.count("\n")) == (1, 1)
        assert "TERTULIA_OWNER_URL" in complained
        done, again = await tertulia({**settings, "TERTULIA_OWNER_URL": owner}, ["migrate"], ["migrate"])
        assert done[1] == f"The database is at {schema.newest()}, was empty.\n", done
        assert again[1] == f"The database is at {schema.newest()} already.\n", again
    finally:
        cluster.drop_database("without_owner")
