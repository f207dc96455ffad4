"""The export of personal data: complete, without other members' data, and with anonymous questions only on request."""

import io
import json
from typing import Any
from zipfile import ZipFile

from core.languages.texts import speaking
from personal_data.declarations import PERSONAL_DATA
from personal_data.export import write_export
from tests.support.languages.pseudo import ACCENTED
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room, the_actor
from tests.support.service import Service, raw_sql


async def _take(who: Person, query: str = "") -> dict[str, Any]:
    answer = await who.client.get(f"/api/v1/me/export.zip{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in files.items()}


async def test_every_table_about_members_is_exported_or_declared_with_a_reason(app: Service) -> None:
    rows = await raw_sql(app.db).fetch(
        "SELECT DISTINCT CAST(CAST(conrelid AS regclass) AS text) AS name FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid = CAST('members' AS regclass)"
    )
    known = {row["name"] for row in rows} | {"members"}
    words = {word for file in PERSONAL_DATA.files.values() for word in file.query.text.split()}
    left_out = {name for name, table in PERSONAL_DATA.tables.items() if table.not_exported}
    assert {"drafts", "notifications", "posts"} <= known
    assert known - {"posts", "revisions"} - words - left_out == set(), (
        "export the table in `files` of personal_data.py, or say in `not_exported` why not"
    )
    assert left_out - known | left_out & words == set(), "no longer left out"


async def test_the_export_contains_only_the_members_own_data(app: Service) -> None:
    mine, other = await a_person(app, "Mine"), await a_person(app, "Other")
    topic = (await a_topic(mine, "My topic"))["id"]
    post = (await a_reply(mine, topic, "What I wrote."))["id"]
    await a_reply(other, topic, "What the other wrote.", post)
    await mine.patch("/me/profile", {"about": "I am a chemist.", "letters_in": "fr"})
    await mine.put(f"/topics/{topic}/following", {"level": "watching"})
    await app.run_jobs()

    taken = await _take(mine)

    (profile,) = taken["profile.json"]
    assert (profile["handle"], profile["about"], profile["letters_in"]) == (
        mine.handle,
        "I am a chemist.",
        "fr",
    )
    assert [one["body"] for one in taken["posts.json"]][-1] == "What I wrote."
    assert "## My topic" in taken["posts.md"] and "What I wrote." in taken["posts.md"]
    assert [one["title"] for one in taken["topics.json"]] == ["My topic"]
    assert taken["following.json"][0]["topic"] == topic
    assert [one["kind"] for one in taken["inbox.json"]] == ["reply"]
    assert "What the other wrote." not in json.dumps(taken) and "password" not in json.dumps(profile)
    assert set(taken) == {f"{name}.json" for name in PERSONAL_DATA.files} | {
        "README.md",
        "posts.json",
        "posts.md",
        "versions.json",
    }
    empty = await _take(await a_person(app))
    assert empty["posts.json"] == empty["versions.json"] == [] and empty["posts.md"] == ""


async def test_posts_beyond_one_batch_are_exported_once(app: Service) -> None:
    mine = await a_person(app, "Mine")
    topic = (await a_topic(mine))["id"]
    await raw_sql(app.db).execute(
        "INSERT INTO posts (topic_id, number, path, depth, author_id, markup, body, html, posted_at)"
        " SELECT $1, n, int4send(n), 0, $2, 'markdown', 'No. ' || n, '', now() FROM generate_series(100, 549) n",
        topic,
        mine.id,
    )
    taken = await _take(mine)
    ids = [one["id"] for one in taken["posts.json"]]
    assert len(ids) == len(set(ids)) == 451 and ids == sorted(ids)


async def test_anonymous_questions_are_exported_only_on_request_in_the_own_session(
    app: Service,
) -> None:
    open_room = await make_open_room(app)
    asker, other = await open_room.member(), await open_room.member()
    asked = await open_room.ask(asker, anonymous=True)

    assert "anonymous.json" not in await _take(asker)
    (found,) = (await _take(asker, "?anonymous=true"))["anonymous.json"]
    assert found["id"] == asked["post"]
    assert (await _take(asker))["posts.json"] == []
    assert (await _take(other, "?anonymous=true"))["anonymous.json"] == []
    assert (await _take(open_room.host, "?anonymous=true"))["anonymous.json"] == []


async def test_suspended_members_can_export_and_visitors_cannot(app: Service) -> None:
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    topic = (await a_topic(ada))["id"]
    post = (await a_reply(author, topic, "Buy cobalt here"))["id"]
    assert (await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    case = (await ada.get("/cases")).json()["items"][0]
    why = {"rule": "No selling", "facts": "It sells."}
    given = {"version": case["version"], "action": "suspend", "reason": why, "days": 7, "everywhere": True}
    decided = await ada.post(f"/cases/{case['id']}/decisions", given)
    assert decided.status_code == 201, decided.text
    assert (await _take(author))["sanctions.json"] == [], "it can still be undone"

    await raw_sql(app.db).execute("UPDATE decisions SET decided_at = decided_at - interval '1 minute'")
    await raw_sql(app.db).execute("UPDATE sanctions SET begun_at = begun_at - interval '1 minute'")
    taken = await _take(author)

    assert [one["action"] for one in taken["sanctions.json"]] == ["suspend"]
    (decision,) = taken["decisions.json"]
    assert (decision["rule"], decision["facts"]) == ("No selling", "It sells.")
    assert str(ada.handle) not in json.dumps(decision)
    assert [one["reason"] for one in (await _take(flagger))["flags.json"]] == ["spam"]
    async with app.client() as visitor:
        assert (await visitor.get("/api/v1/me/export.zip")).status_code == 401


async def test_the_settings_link_to_the_export(app: Service) -> None:
    mine = await a_person(app, "Mine")
    assert 'action="/api/v1/me/export.zip"' in (await mine.client.get("/settings")).text


async def test_the_readme_is_in_the_language_of_the_request(app: Service) -> None:
    open_room = await make_open_room(app)
    member = await open_room.member()
    actor = await the_actor(app.db, member)

    with speaking(ACCENTED):
        taken = b"".join([piece async for piece in write_export(app.db, actor, False)])

    with ZipFile(io.BytesIO(taken)) as packed:
        lines = packed.read("README.md").decode().splitlines()
    assert [line for line in lines if line and "⟦" not in line] == []
    assert lines[0].startswith("# ⟦")
    assert any("`posts.json`, `posts.md`" in line for line in lines), "names of files stay"
