"""Tests of quotes and mentions: a quote links to its post and disappears with it; a mentioned member is notified once."""

from typing import Any

import httpx2
import pytest

from forum.events import ReadersChanged
from forum.text.markdown import render
from forum.writing.references import extract_references
from tests.support.discussion import CANARY, SAID, hide, quoting
from tests.support.pages import send, text_in
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def inbox_of(person: Person) -> list[tuple[str, int]]:
    """Return the notifications of a member as (kind, post id)."""
    return [(item["kind"], item["post"]) for item in (await person.get("/inbox")).json()["items"]]


async def test_a_quotation_leads_back_and_who_is_quoted_is_told(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, body=SAID))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]

    answer = await a_reply(
        jonas, topic, quoting(first, f"The {CANARY} list is wrong.\n> […]\n> leaves out refiners.")
    )
    await app.run_jobs()

    shown = (await client.get(f"/api/v1/posts/{answer['id']}")).json()
    assert f'<a href="/p/{first["id"]}"><bdi>Amina</bdi>, #1</a>' in shown["html"] and CANARY in shown["html"]
    assert answer["html"] == shown["html"] and "Paraphrased from" not in shown["html"]
    assert shown["body"].startswith(f"> [Amina, #1](/p/{first['id']}):\n> The {CANARY}")
    assert await inbox_of(amina) == [("quoted", answer["id"])]
    assert (await client.get(f"/api/v1/posts/{first['id']}")).json()["is_cited"]
    (citation,) = (await client.get(f"/api/v1/posts/{first['id']}/citations")).json()["items"]
    assert (citation["post"], citation["is_quote"], citation["author"]["handle"]) == (
        answer["id"],
        True,
        jonas.handle,
    )
    page = (await client.get(f"/p/{first['id']}/citations")).text
    assert f'href="/p/{answer["id"]}"' in page and "Quotes it" in page


async def test_words_that_a_post_did_not_say_are_not_put_into_its_mouth(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, body=SAID))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]

    answer = await a_reply(jonas, topic, quoting(first, "The list is right."))
    end_and_beginning = f"{' '.join(SAID.split()[-2:])} {' '.join(SAID.split()[:2])}"
    turned = await a_reply(jonas, topic, quoting(first, end_and_beginning))

    assert "Paraphrased from <a" in answer["html"] and "Paraphrased from <a" in turned["html"]


async def test_quoted_words_go_and_come_with_the_post_on_every_surface(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, jonas, other = await a_person(app), await a_person(app, "Jonas"), await a_person(app, "Other")
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    topic = (await a_topic(jonas, title="Where it is quoted"))["id"]
    elsewhere = (await a_topic(amina, title="Where it was said"))["id"]
    said = await a_reply(amina, elsewhere, SAID)
    answer = await a_reply(jonas, topic, quoting(said, SAID.replace("\n", "\n> ")))
    nested = await a_reply(
        other, topic, quoting(answer, f"> [Amina, #2](/p/{said['id']}):\n> > {CANARY}\n> I doubt it.")
    )
    await jonas.patch(f"/posts/{answer['id']}", {"body": quoting(said, CANARY, "Twice.")})
    await app.run_jobs()
    paths = [
        f"/t/{topic}/where-it-is-quoted",
        f"/t/{topic}/where-it-is-quoted?order=time",
        f"/api/v1/topics/{topic}/posts",
        f"/api/v1/posts/{answer['id']}",
        f"/api/v1/posts/{answer['id']}/revisions",
        f"/p/{answer['id']}/history",
        f"/p/{answer['id']}/edit",
    ]

    async def shown(person: Person | None) -> int:
        count = 0
        for path in paths:
            reader = person.client if person else client
            page = await reader.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
            count += CANARY in page.text
        return count

    before = {who: await shown(person) for who, person in (("visitor", None), ("jonas", jonas))}
    assert before["jonas"] == len(paths) and before["visitor"] >= 4
    assert CANARY not in (await client.get(f"/api/v1/posts/{nested['id']}")).text
    async with app.listening(f"topic:{topic}", after=0) as feed:
        assert CANARY in str(feed.joined)

    await hide(app, said)

    assert [await shown(person) for person in (None, jonas, other)] == [0, 0, 0]
    # Moderators may read what is hidden: what was typed is written out for them; pages are the same for all.
    assert await shown(moderator) == 4
    async with app.listening(f"topic:{topic}", after=0) as feed:
        heard = feed.joined["missed"]
        while heard[-1]["event"]["type"] != "quotes_changed":
            heard.append(await feed.next())
        assert heard[-1]["event"]["post"]["id"] == answer["id"] and CANARY not in str(heard)
    kept = await raw_sql(app.db).fetchval(
        "SELECT string_agg(body || html, ' ') FROM posts WHERE topic_id = $1", topic
    )
    assert CANARY not in kept, "what others read straight from the table has not got it either"
    form = await jonas.client.get(f"/p/{answer['id']}/edit")
    saved = await send(jonas, f"/p/{answer['id']}/edit", body=text_in(form.text) + " Saved meanwhile.")
    assert saved.status_code == 303

    await hide(app, said, False)

    assert {who: await shown(person) for who, person in (("visitor", None), ("jonas", jonas))} == before
    assert "Saved meanwhile." in (await client.get(f"/api/v1/posts/{answer['id']}")).text


async def test_who_asks_again_is_told_what_is_shown_then(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    said = await a_reply(amina, topic, SAID)
    given, headers = {"body": quoting(said, CANARY)}, {"Idempotency-Key": "one"}
    first = await jonas.post(f"/topics/{topic}/posts", given, headers=headers)
    assert CANARY in first.text
    await hide(app, said)
    again = await jonas.post(f"/topics/{topic}/posts", given, headers=headers)
    assert again.json()["id"] == first.json()["id"] and CANARY not in again.text
    assert CANARY not in str(await raw_sql(app.db).fetch("SELECT * FROM answers"))


async def test_what_not_everybody_can_read_is_not_quoted_to_everybody(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app)
    inner = (await a_topic(amina, title="Among members"))["id"]
    said = await a_reply(amina, inner, SAID)
    await raw_sql(app.db).execute("UPDATE topics SET readers = 'members' WHERE id = $1", inner)
    topic = (await a_topic(amina))["id"]

    outside = await a_reply(amina, topic, quoting(said, CANARY))
    inside = await a_reply(amina, inner, quoting(said, CANARY))

    assert CANARY not in outside["html"] and "not shown" in outside["html"] and "/p/" not in outside["html"]
    assert CANARY in inside["html"]


async def test_who_is_called_by_name_is_told_once(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    reply = await a_reply(amina, topic, f"Ask @{jonas.handle}, or @nobody-here, and @{amina.handle}.")
    await app.run_jobs()
    assert await inbox_of(jonas) == [("mentioned", reply["id"])] and await inbox_of(amina) == []

    for body in (f"@{jonas.handle} again", "nobody", f"@{jonas.handle} once more"):
        await amina.patch(f"/posts/{reply['id']}", {"body": body})
        await app.run_jobs()
    assert await inbox_of(jonas) == [("mentioned", reply["id"])]


async def test_a_newcomer_calls_two_and_those_who_cannot_read_it_are_not_told(app: Service) -> None:
    amina = await a_person(app)
    named = [await a_person(app, "Named") for _ in range(3)]
    topic = (await a_topic(amina))["id"]
    await a_reply(amina, topic, " ".join(f"@{person.handle}" for person in named))
    inner = (await a_topic(amina, title="For the few"))["id"]
    await raw_sql(app.db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", inner)
    await raw_sql(app.db).execute(
        "INSERT INTO topic_readers (topic_id, member_id) VALUES ($1, $2)", inner, amina.id
    )
    await a_reply(amina, inner, f"@{named[0].handle}")
    await app.run_jobs()

    assert [len(await inbox_of(person)) for person in named] == [1, 1, 0]
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM notifications") == 2


async def test_who_has_muted_a_topic_is_not_told(app: Service) -> None:
    amina, jonas, other = await a_person(app), await a_person(app, "Jonas"), await a_person(app, "Other")
    topic = (await a_topic(amina))["id"]
    assert (await jonas.put(f"/topics/{topic}/following", {"level": "muted"})).status_code == 200
    await a_reply(amina, topic, f"@{jonas.handle} and @{other.handle}")
    await app.run_jobs()
    assert await inbox_of(jonas) == [] and len(await inbox_of(other)) == 1


async def test_whoever_writes_is_offered_whom_to_name(app: Service, client: httpx2.AsyncClient) -> None:
    zoe = await a_person(app, "Zoë100%")
    found = (await zoe.get("/members", params={"prefix": "ZOË100%"})).json()["items"]
    assert [one["handle"] for one in found] == [zoe.handle]
    for nobody in ("zo%", "zo_", "nobody", "@", ""):
        assert (await zoe.get("/members", params={"prefix": nobody})).json()["items"] == []
    assert (await client.get("/api/v1/members", params={"prefix": "z"})).status_code == 401


async def test_without_scripts_a_link_begins_the_quotation(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, body=SAID))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]["id"]
    page = (await jonas.client.get(f"/t/{topic}/cobalt-tracing")).text
    assert f'href="/p/{first}/reply?quote=1"' in page

    form = await jonas.client.get(f"/p/{first}/reply?quote=1")

    assert text_in(form.text).startswith(
        f"> [Amina, #1](/p/{first}):\n> The {CANARY} list is *wrong*.\n>\n> It"
    )


async def test_a_link_is_called_by_the_title_of_its_topic_while_everybody_reads_that(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app)
    named = (await a_topic(amina, title="A <Pteranodon>"))["id"]
    topic = (await a_topic(amina))["id"]
    text = f"See /t/{named} and /t/{named}/a-pteranodon/1, [mine](/t/{named}), {app.contexts[0].settings.url}/t/{named}"
    post = await a_reply(amina, topic, text)
    await app.run_jobs()
    page = f"/t/{topic}/cobalt-tracing"

    assert post["html"].count("A &lt;Pteranodon&gt;") == 3 and ", #1</a>" in post["html"]
    assert (await client.get(page)).text.count("<bdi>A &lt;Pteranodon&gt;</bdi>") == 3
    await amina.patch(f"/topics/{named}", {"title": "Another title"})
    await app.run_jobs()
    assert (await client.get(page)).text.count("<bdi>Another title</bdi>") == 3

    await raw_sql(app.db).execute("UPDATE topics SET readers = 'members' WHERE id = $1", named)
    async with app.db.begin() as tx:
        await tx.record(ReadersChanged(topic_id=named))
    await app.run_jobs()
    assert "Another title" not in (await client.get(page)).text


async def test_a_post_quotes_so_much_and_no_more(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina, body=SAID))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]
    many = "".join(quoting(first, CANARY, "So.\n\n") for _ in range(21))
    refused = await amina.post(f"/topics/{topic}/posts", {"body": many})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_quotes")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@ana and @ana", {"handles": ("ana",)}),
        (
            "See /t/7/14, /t/7/cobalt-2 and [it](/t/8/slug/3).",
            {"post_numbers": ((7, 14), (8, 3)), "topics": (7,)},
        ),
        ("[that](/p/5) [entry](/b/2/entries/9)", {"posts": (5,), "entries": (9,)}),
        ("[[quote 12]]", {"quotes": (12,)}),
        ("`@ana /t/7` <a href='/p/1'>", {}),
    ],
)
def test_what_a_text_refers_to_is_found_in_what_it_became(text: str, found: dict[str, Any]) -> None:
    named = extract_references(render(text).html)
    assert {name: value for name in named.__struct_fields__ if (value := getattr(named, name))} == found
