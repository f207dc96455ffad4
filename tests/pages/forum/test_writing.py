"""Writing with plain forms: everything works without scripts, no text is lost, and nothing is posted twice."""

import re
from datetime import timedelta

import httpx2

from core import clock
from tests.support.pages import BROWSER, key_in, open_page, send, text_in
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service


async def test_a_topic_is_started_and_answered_without_scripts(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    started = await send(
        amina,
        "/s/mobility/new",
        title="Cobalt tracing",
        body="Which **scheme**?\r\n\r\nAnd why?",
        tags="audit, cobalt",
    )
    assert started.status_code == 303
    address = started.headers["location"]
    page = await open_page(jonas, address)
    assert "<strong>scheme</strong>" in page and "/tags/audit" in page
    topic, post = re.search(r"/t/(\d+)/", address), re.search(r'data-id="(\d+)"', page)
    assert topic and post

    replied = await send(jonas, f"/t/{topic[1]}/reply", body="The second one.")
    assert replied.headers["location"] == f"{address}/2#p2"
    answered = await send(jonas, f"/p/{post[1]}/reply", body="The first one.")
    assert answered.headers["location"] == f"{address}/3#p3"
    assert 'id="p3" tabindex="-1" data-id="3" data-number="3" data-parent' in re.sub(
        r'data-id="\d+" data-number="3"', 'data-id="3" data-number="3"', await open_page(amina, address)
    )


async def test_a_form_sent_twice_posts_once(app: Service) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    page = await open_page(amina, f"/t/{topic['id']}/cobalt-tracing")
    fields = {"body": "Once.", "key": key_in(page)}
    first = await send(amina, f"/t/{topic['id']}/reply", **fields)
    second = await send(amina, f"/t/{topic['id']}/reply", **fields)
    assert first.headers["location"] == second.headers["location"]
    assert (await amina.get(f"/topics/{topic['id']}")).json()["posts"] == 2

    other = await send(amina, f"/t/{topic['id']}/reply", body="Something else.", key=fields["key"])
    assert other.status_code == 422 and text_in(other.text) == "Something else."
    again = await send(amina, f"/t/{topic['id']}/reply", body="Something else.", key=key_in(other.text))
    assert again.status_code == 303, "the form that comes back can be sent"


async def test_a_preview_shows_the_text_and_posts_nothing(app: Service) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    shown = await send(amina, f"/t/{topic['id']}/reply", body="It is **so** & <so>", preview="1")
    assert shown.status_code == 200
    assert "<strong>so</strong>" in shown.text and text_in(shown.text) == "It is **so** & <so>"
    start = await send(amina, "/s/mobility/new", title="A title", body="_a text_", preview="1")
    assert "<em>a text</em>" in start.text and 'value="A title"' in start.text
    assert (await amina.get(f"/topics/{topic['id']}")).json()["posts"] == 1


async def test_a_refused_form_keeps_its_text_and_shows_the_reason(app: Service) -> None:
    amina = await a_person(app)
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    topic = await a_topic(amina)

    short = await send(amina, "/s/mobility/new", title="ab", body="A long text that must not be lost")
    assert short.status_code == 422
    assert text_in(short.text) == "A long text that must not be lost"
    assert 'aria-invalid="true"' in short.text and "at least 3 characters" in short.text

    await moderator.put(f"/topics/{topic['id']}/lock")
    locked = await send(amina, f"/t/{topic['id']}/reply", body="Too late?")
    assert locked.status_code == 403
    assert "This topic is locked" in locked.text and text_in(locked.text) == "Too late?"


async def test_unverified_members_are_told_and_keep_their_text(app: Service) -> None:
    amina = await a_person(app)
    newcomer = await a_person(app, "Noor", verified=False)
    topic = await a_topic(amina)
    refused = await send(newcomer, f"/t/{topic['id']}/reply", body="Hello")
    assert refused.status_code == 403 and "Confirm your e-mail address" in refused.text
    assert text_in(refused.text) == "Hello"


async def test_visitors_cannot_write(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    reply = await a_reply(amina, topic["id"])
    for path, fields in (
        ("/s/mobility/new", {"title": "A title", "body": "x"}),
        (f"/t/{topic['id']}/reply", {"body": "x"}),
        (f"/p/{reply['id']}/reply", {"body": "x"}),
        (f"/p/{reply['id']}/edit", {"body": "x"}),
        (f"/p/{reply['id']}/withdraw", {}),
        ("/p/set", {"set": f"{reply['id']} agree 1"}),
        (f"/t/{topic['id']}/cobalt-tracing/lock", {"lock": "1"}),
        ("/settings/profile", {"display_name": "x"}),
        ("/admin/duties", {"handle": amina.handle, "duty": "administrator"}),
    ):
        assert (await send(client, path, **fields)).status_code == 401, path


async def test_a_post_is_edited_with_its_history(app: Service, client: httpx2.AsyncClient) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = await a_topic(amina)
    post = (await a_reply(amina, topic["id"], "First."))["id"]
    page = await open_page(amina, f"/p/{post}/edit")
    assert text_in(page) == "First."
    with clock.stop_at(clock.now() + timedelta(hours=1)):
        assert (await send(amina, f"/p/{post}/edit", body="Second.", version="1")).status_code == 303

    stale = await send(amina, f"/p/{post}/edit", body="Third.", version="1")
    assert stale.status_code == 412 and text_in(stale.text) == "Third."
    assert (await send(jonas, f"/p/{post}/edit", body="Mine now.")).status_code == 403
    history = await open_page(jonas, f"/p/{post}/history")
    assert history.index("<ins>Second</ins>") < history.rindex("First.")
    # Visitors see that it was edited, and how.
    for_visitor = await client.get(f"/p/{post}/history")
    assert for_visitor.headers["x-robots-tag"] == "noindex"
    assert for_visitor.status_code == 200 and "<ins>Second</ins>" in for_visitor.text
    assert (await client.get(f"/api/v1/posts/{post}/revisions")).status_code == 200


async def test_withdrawing_a_post_needs_confirmation_and_can_be_undone(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    post = (await a_reply(amina, topic["id"], "I was wrong."))["id"]
    address = f"/t/{topic['id']}/cobalt-tracing"
    assert "You can restore it" in await open_page(amina, f"/p/{post}/withdraw")
    assert "I was wrong." in await open_page(client, address), "asking changes nothing"

    assert (await send(amina, f"/p/{post}/withdraw")).status_code == 303
    page = await open_page(client, address)
    assert "I was wrong." not in page and "The author withdrew this post." in page
    assert (await send(amina, "/p/set", restore=post)).status_code == 303
    assert "I was wrong." in await open_page(client, address)


async def test_reactions_are_set_by_buttons(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(await a_person(app, "Jonas"))
    address = f"/t/{topic['id']}/cobalt-tracing"
    post = re.search(r'data-id="(\d+)"', await open_page(amina, address))
    assert post
    for _ in range(2):
        assert (await send(amina, "/p/set", set=f"{post[1]} agree 1")).status_code == 303
    assert "Agree <i>1</i>" in await open_page(client, address)
    assert f'value="{post[1]} agree 0" aria-pressed="true"' in await open_page(amina, address)
    await send(amina, "/p/set", set=f"{post[1]} agree 0")
    assert ">Agree" not in await open_page(client, address)
    for nonsense in ("", "x agree 1", f"{post[1]} hate 1", f"{'9' * 5000} agree 1", f"{post[1]}"):
        assert (await send(amina, "/p/set", set=nonsense)).status_code == 422, nonsense


async def test_malformed_forms_are_refused(app: Service) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    path = f"/t/{topic['id']}/reply"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, headers in (
        (b"body=%ff", form),
        (b"body=\xff", form),
        (b"&".join(b"a=b" for _ in range(500)), form),
        (b'{"body": "x"}', {"Content-Type": "application/json"}),
        (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
    ):
        response = await amina.client.post(path, content=content, headers=headers)
        assert response.status_code == 400, content[:20]
        assert response.json()["code"] in ("form_unreadable", "malformed")
    too_long = await send(amina, path, body="x" * 20_001)
    assert too_long.status_code == 422 and "at most 20000 characters" in too_long.text


async def test_other_sites_cannot_send_forms(app: Service) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    async with app.client() as browser:
        browser.cookies.set("tertulia", amina.token)
        for origin in ("https://evil.example", "null"):
            headers = {**BROWSER, "Origin": origin}
            sent = await browser.post(f"/t/{topic['id']}/reply", data={"body": "x"}, headers=headers)
            assert sent.status_code == 403
        bare = await browser.post(f"/t/{topic['id']}/reply", data={"body": "x"}, headers=BROWSER)
        assert bare.status_code == 403
    assert (await amina.get(f"/topics/{topic['id']}")).json()["posts"] == 1


async def test_moderators_lock_topics_with_a_button(app: Service) -> None:
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    topic = await a_topic(moderator)
    address = f"/t/{topic['id']}/cobalt-tracing"
    assert "Lock this topic" in await open_page(moderator, address)
    await send(moderator, f"{address}/lock", lock="1")
    assert "Unlock this topic" in await open_page(moderator, address)
    amina = await a_person(app)
    page = await open_page(amina, address)
    assert "Locked: no new replies" in page and "Unlock" not in page and "<textarea" not in page
    assert (await send(amina, f"{address}/lock", lock="0")).status_code == 403
