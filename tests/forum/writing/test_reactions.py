"""Reactions: nobody reacts to their own posts, on pages, in the API or in the database."""

from importlib import import_module
from pathlib import Path

import pytest

from core.ids import MemberId
from forum.archive.imports import import_archives
from members.accounts.accounts import mark_address_verified
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

QUIRKS = Path(__file__).parents[2] / "data" / "quirks.mbox"
KINDS = ("kind", "competent", "agree", "thanks", "curious")


async def counts_of(person: Person, post: int) -> dict[str, int]:
    counts: dict[str, int] = (await person.get(f"/posts/{post}")).json()["reactions"]
    return counts


@pytest.mark.parametrize("kind", KINDS)
async def test_authors_do_not_react_to_their_own_posts(app: Service, kind: str) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]

    refused = await amina.put(f"/posts/{post}/reactions/{kind}")

    assert (refused.status_code, refused.json()["code"]) == (403, "reaction_to_own_post")
    by_form = await send(amina, "/p/set", set=f"{post} {kind} 1")
    assert by_form.status_code == 403 and "You wrote this post" in by_form.text
    assert await counts_of(amina, post) == {}
    assert (await jonas.put(f"/posts/{post}/reactions/{kind}")).json()["reactions"] == {kind: 1}
    # Nothing was set, so nothing is there to unset.
    assert (await amina.delete(f"/posts/{post}/reactions/{kind}")).json()["reactions"] == {kind: 1}


async def test_the_page_offers_reactions_to_posts_of_others_only(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]
    await jonas.put(f"/posts/{post}/reactions/thanks")

    own, other = [await open_page(one, f"/t/{topic}/cobalt-tracing") for one in (amina, jonas)]

    assert f'value="{post} thanks' not in own
    assert '<span class="act">Thanks <i>1</i></span>' in own
    assert f'value="{post} thanks 0"' in other


async def test_the_database_takes_no_reaction_of_the_author(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    post = (await a_reply(amina, (await a_topic(amina))["id"]))["id"]
    insert = "INSERT INTO reactions (post_id, member_id, kind, set_at) VALUES ($1, $2, 'agree', now())"

    written = [await raw_sql(app.db).execute(insert, post, one.id) for one in (amina, jonas)]

    assert written == ["INSERT 0 0", "INSERT 0 1"]


async def test_the_migration_deletes_existing_reactions_to_own_posts(app: Service) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_person(app, "Fatou")
    topic = (await a_topic(amina))["id"]
    post, other = [(await a_reply(amina, topic))["id"] for _ in range(2)]
    for person, kind in ((jonas, "kind"), (fatou, "kind"), (jonas, "agree")):
        await person.put(f"/posts/{post}/reactions/{kind}")
    await jonas.put(f"/posts/{other}/reactions/kind")
    await raw_sql(app.db).execute("UPDATE posts SET author_id = $1 WHERE id = $2", jonas.id, post)

    migration = import_module("storage.migrations.versions.0047_reactions_and_announcements")
    await raw_sql(app.db).execute(migration.DELETE_OWN)

    assert await counts_of(amina, post) == {"kind": 1}
    assert await counts_of(amina, other) == {"kind": 1}
    assert (await fatou.get(f"/posts/{post}")).json()["mine"] == ["kind"]


async def test_a_member_who_proves_to_be_the_author_keeps_no_reaction_to_the_posts(app: Service) -> None:
    await import_archives(app.db, "mobility", [QUIRKS])
    ana, jonas = await a_person(app, "Ana"), await a_person(app, "Jonas")
    find = "SELECT p.id FROM posts p JOIN members m ON m.id = p.author_id WHERE m.email = 'ana@example.org' LIMIT 1"
    post = await raw_sql(app.db).fetchval(find)
    for one in (ana, jonas):
        assert (await one.put(f"/posts/{post}/reactions/kind")).status_code == 200

    async with app.db.begin() as tx:
        await mark_address_verified(tx, MemberId(ana.id), "ana@example.org")
    await app.run_jobs()

    assert await counts_of(jonas, post) == {"kind": 1}
    assert (await ana.get(f"/posts/{post}")).json().get("mine", []) == []
