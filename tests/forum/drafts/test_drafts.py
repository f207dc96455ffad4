"""Tests of drafts: kept on the server, never overwritten by another window, ended when they are posted."""

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from core import clock
from forum.drafts.drafts import DRAFTS_KEPT_FOR, delete_expired_drafts
from tests.support.discussion import CANARY, SAID, hide, quoting
from tests.support.pages import send, text_in
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def save(
    person: Person, key: str, body: str, sequence: int, owner: str = "one", **more: Any
) -> httpx2.Response:
    """Keep what stands in a window."""
    return await person.put(f"/drafts/{key}", {"body": body, "sequence": sequence, "owner": owner, **more})


async def all_of(person: Person) -> dict[str, str]:
    """Return the start of each draft of a member by key."""
    return {row["key"]: row["begins"] for row in (await person.get("/drafts")).json()["items"]}


async def test_a_draft_is_kept_and_counts_its_changes(app: Service) -> None:
    amina, other = await a_person(app), await a_person(app, "Other")
    key = f"topic:{(await a_topic(amina))['id']}"
    assert (await amina.get(f"/drafts/{key}")).json()["sequence"] == 0

    first = (await save(amina, key, "Half a", 0)).json()
    second = (await save(amina, key, "Half a thought", first["sequence"])).json()

    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert (await amina.get(f"/drafts/{key}")).json()["body"] == "Half a thought"
    (row,) = (await amina.get("/drafts")).json()["items"]
    assert row["what"] == "A reply in “Cobalt tracing”" and not row["is_fork"]
    assert (await other.get(f"/drafts/{key}")).json()["sequence"] == 0 and await all_of(other) == {}


async def test_of_two_windows_none_takes_from_the_other(app: Service) -> None:
    amina = await a_person(app)
    key = f"topic:{(await a_topic(amina))['id']}"
    await save(amina, key, "From the first.", 0, "one")

    fork = (await save(amina, key, "From the second.", 0, "two")).json()
    again = (await save(amina, fork["key"], "From the second, more.", fork["sequence"], "two")).json()
    third = (await save(amina, key, "From the third.", 0, "three")).json()
    repeated = (await save(amina, key, "From the first, more.", 0, "one")).json()
    same = (await save(amina, key, "From the first, more.", 0, "four")).json()

    assert fork["key"] == again["key"] == f"{key}~2" and third["key"] == f"{key}~3"
    assert repeated["key"] == same["key"] == key, (
        "an answer that was lost is no conflict, nor are the same words"
    )
    assert await all_of(amina) == {
        key: "From the first, more.",
        f"{key}~2": "From the second, more.",
        f"{key}~3": "From the third.",
    }


@pytest.mark.parametrize("kind", ["topic", "reply", "edit", "new"])
async def test_what_was_posted_does_not_come_back(app: Service, kind: str) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]
    key = {
        "topic": f"topic:{topic}",
        "reply": f"reply:{post}",
        "edit": f"edit:{post}",
        "new": "new:mobility",
    }[kind]
    await save(amina, key, "Half a thought", 0)
    given: dict[str, Any] = {"body": "A whole thought", "draft": key}
    if kind == "edit":
        posted = await amina.patch(f"/posts/{post}", given)
    elif kind == "new":
        posted = await amina.post("/sectors/mobility/topics", given | {"title": "Another one"})
    else:
        posted = await amina.post(
            f"/topics/{topic}/posts", given | ({"parent": post} if kind == "reply" else {})
        )
    assert posted.status_code in (200, 201)

    late = await save(amina, key, "Half a thought, from a window left open", 1, "two")
    never_saw = await save(amina, key, "From a window that saw nothing", 0, "three")

    assert (
        (late.status_code, late.json()["code"])
        == (never_saw.status_code, "draft_ended")
        == (409, "draft_ended")
    )
    assert await all_of(amina) == {}
    now = (await amina.get(f"/drafts/{key}")).json()
    assert (now["body"], now["sequence"]) == ("", 2)
    assert (await save(amina, key, "The next one", now["sequence"])).status_code == 200


async def test_what_a_window_sent_before_it_posted_and_arrives_after_brings_nothing_back(
    app: Service,
) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    key = f"topic:{topic}"
    saved = (await save(amina, key, "Half a thought", 0, "one")).json()
    posted = await amina.post(f"/topics/{topic}/posts", {"body": "Half a thought, whole.", "draft": key})
    assert posted.status_code == 201, posted.text

    late = await save(amina, key, "Half a thought, wh", saved["sequence"], "one")

    assert (late.status_code, late.json()["code"]) == (409, "draft_ended")
    assert await all_of(amina) == {}
    now = (await amina.get(f"/drafts/{key}")).json()["sequence"]
    assert (await save(amina, key, "The next thought", now, "one")).status_code == 200


async def test_posting_what_was_never_saved_ends_it_too_and_a_refusal_ends_nothing(app: Service) -> None:
    amina = await a_person(app)
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    topic = (await a_topic(amina))["id"]
    key = f"topic:{topic}"
    await amina.post(f"/topics/{topic}/posts", {"body": "At once", "draft": key})
    assert (await save(amina, key, "At once", 0)).json()["code"] == "draft_ended"

    await save(amina, key, "Too late?", 1)
    await moderator.put(f"/topics/{topic}/lock")
    assert (
        await amina.post(f"/topics/{topic}/posts", {"body": "Too late?", "draft": key})
    ).status_code == 403
    assert await all_of(amina) == {key: "Too late?"}


async def test_a_fork_ends_alone(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    key = f"topic:{topic}"
    await save(amina, key, "One", 0, "one")
    fork = (await save(amina, key, "Two", 0, "two")).json()["key"]
    await amina.post(f"/topics/{topic}/posts", {"body": "Two", "draft": fork})
    assert await all_of(amina) == {key: "One"}
    assert (await amina.delete(f"/drafts/{key}")).status_code == 204
    assert (await amina.delete(f"/drafts/{key}")).status_code == 204
    assert await all_of(amina) == {}


async def test_a_draft_does_not_show_what_was_hidden_meanwhile(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    said = await a_reply(amina, topic, SAID)
    key = f"reply:{said['id']}"
    await save(jonas, key, quoting(said, CANARY), 0)
    places = [f"/api/v1/drafts/{key}", "/api/v1/drafts", "/drafts", f"/p/{said['id']}/reply?draft={key}"]

    async def shown() -> str:
        return " ".join(
            [(await jonas.client.get(path, headers={"Accept": "text/html"})).text for path in places]
        )

    assert (await shown()).count(CANARY) >= 2

    await hide(app, said)
    hidden = await jonas.get(f"/drafts/{key}")
    assert CANARY not in await shown() and "I doubt it." in hidden.text
    assert await all_of(jonas) == {key: "I doubt it."}
    assert CANARY not in str(await raw_sql(app.db).fetch("SELECT * FROM drafts"))
    await save(jonas, key, hidden.json()["body"] + " Still.", 1)
    await hide(app, said, False)

    back = (await jonas.get(f"/drafts/{key}")).json()["body"]
    assert CANARY in back and back.endswith("I doubt it. Still.")


async def test_what_one_can_no_longer_read_is_not_named(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, title="Pteranodon"))["id"]
    await save(jonas, f"topic:{topic}", "My own words", 0)
    await raw_sql(app.db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", topic)
    (row,) = (await jonas.get("/drafts")).json()["items"]
    assert (row["what"], row["address"], row["begins"]) == (
        "For something that you can no longer read",
        None,
        "My own words",
    )


async def test_drafts_are_bounded_and_forgotten(app: Service) -> None:
    amina = await a_person(app)
    await raw_sql(app.db).execute(
        "INSERT INTO drafts (member_id, key, body, saved_at) SELECT $1, 'topic:' || n, 'x', now() "
        "FROM generate_series(1, 200) n",
        amina.id,
    )
    refused = await save(amina, "topic:201", "One too many", 0)
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_drafts")
    async with app.db.begin() as tx:
        assert await delete_expired_drafts(tx, clock.now()) == 0
        assert await delete_expired_drafts(tx, clock.now() + DRAFTS_KEPT_FOR + timedelta(minutes=1)) == 200


@pytest.mark.parametrize(
    "key", ["topic", "topic:0", "topic:x", "other:1", "reply:1~0", "new:A b", "topic:" + "9" * 30]
)
async def test_other_names_are_none(app: Service, key: str) -> None:
    amina = await a_person(app)
    assert (await save(amina, key, "x", 0)).status_code in (400, 404, 422)


async def test_without_scripts_a_button_keeps_the_draft_and_the_form_brings_it_back(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]
    for path, form in (
        (f"/t/{topic}/reply", f"/t/{topic}/any/reply"),
        (f"/p/{post}/reply", f"/p/{post}/reply"),
    ):
        kept = await send(amina, path, body="Half a thought", keep="1", key="k")
        assert kept.headers["location"] == "/drafts?done=kept"
        assert text_in((await amina.client.get(form)).text) == "Half a thought"
    kept = await send(amina, "/s/mobility/new", title="Half", body="a thought", tags="a b", keep="1")
    assert kept.status_code == 303
    page = (await amina.client.get("/s/mobility/new")).text
    assert 'value="Half"' in page and 'value="a b"' in page and text_in(page) == "a thought"
    listed = (await amina.client.get("/drafts")).text
    assert f'href="/p/{post}/reply?draft=reply%3A{post}"' in listed and "A topic in " in listed

    other = await send(amina, f"/p/{post}/reply", body="From another window", keep="1", key="w")
    assert other.status_code == 303 and (await all_of(amina))[f"reply:{post}~2"] == "From another window"
    fork = (await amina.client.get(f"/p/{post}/reply?draft=reply:{post}~2")).text
    assert text_in(fork) == "From another window" and f'value="reply:{post}~2"' in fork
    sent = await send(amina, f"/p/{post}/reply", body="Whole", draft=f"reply:{post}~2")
    assert sent.status_code == 303
    assert set(await all_of(amina)) == {f"topic:{topic}", f"reply:{post}", "new:mobility"}
    dropped = await send(amina, "/drafts", drop=f"reply:{post}")
    assert dropped.status_code == 303 and f"reply:{post}" not in await all_of(amina)


async def test_a_draft_keeps_the_language_that_was_chosen(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    key = f"topic:{topic}"
    saved = await save(amina, key, "Une moitié", 0, language="fr")
    assert saved.json()["language"] == "fr"
    page = (await amina.client.get(f"/t/{topic}/draft/reply")).text
    assert re.search(r'<option value="fr"[^>]* selected', page)
    kept = await send(
        amina, f"/t/{topic}/reply", body="Half", language="de", keep="1", draft=key, sequence="1"
    )
    assert kept.headers["location"].startswith("/drafts")
    assert (await amina.get(f"/drafts/{key}")).json()["language"] == "de"
    assert (await save(amina, key, "Une moitié", 2, language="x" * 36)).status_code == 422
