"""Tests of attachments: shown in posts, readable by the readers of the post, found by the search, deleted when unused."""

import base64
import io
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from PIL import Image

from core import clock
from forum.files.file_types import FileRefused
from forum.files.pdf_text import extract_pdf_text
from forum.files.uploads import prepare_upload
from forum.text.markdown import render
from tests.support.discussion import hide
from tests.support.pages import text_in
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql
from tests.support.uploads import a_member, a_pdf, a_picture, an_office_file

API = "/api/v1"


async def upload(person: Person, content: bytes, name: str = "photo.png") -> dict[str, Any]:
    """Upload a file."""
    answer = await person.post("/files", {"name": name, "content": base64.b64encode(content).decode()})
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored


async def test_a_picture_is_shown_and_had_by_who_can_read_the_post(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, other = await a_member(app), await a_person(app, "Other")
    topic = (await a_topic(amina))["id"]
    picture = await upload(amina, a_picture("PNG"))
    assert picture["markup"] == f"![](/files/{picture['id']}/photo.png?40x20)"
    assert (await client.get(picture["address"])).status_code == 404, "nobody has posted it"

    post = await a_reply(amina, topic, picture["markup"].replace("[]", "[A red corner]"))

    assert (
        f'<img src="{picture["address"]}" alt="A red corner" width="40" height="20" loading="lazy">'
        in post["html"]
    )
    assert (await client.get(picture["address"])).headers["content-type"] == "image/png"
    assert picture["address"] in (await client.get(f"/t/{topic}/cobalt-tracing")).text
    await hide(app, post)
    assert (await client.get(picture["address"])).status_code == 404
    assert (await other.client.get(picture["address"])).status_code == 404
    await hide(app, post, False)
    assert (await client.get(picture["address"])).status_code == 200


async def test_nobody_opens_the_file_of_another_by_naming_it(app: Service) -> None:
    amina, thief = await a_member(app), await a_member(app, "Thief")
    topic = (await a_topic(amina))["id"]
    secret = await upload(amina, a_picture("PNG"))

    await a_reply(thief, topic, secret["markup"])
    await thief.post("/sectors/mobility/topics", {"title": "Another", "body": secret["markup"]})

    assert (await thief.client.get(secret["address"])).status_code == 404
    await a_reply(amina, topic, secret["markup"])
    assert (await thief.client.get(secret["address"])).status_code == 200


async def test_as_many_files_as_one_is_trusted_with(app: Service) -> None:
    newcomer, amina = await a_member(app, "Newcomer", 0), await a_member(app)
    topic = (await a_topic(amina))["id"]
    mine = await upload(newcomer, a_picture("PNG"))
    refused = await newcomer.post(f"/topics/{topic}/posts", {"body": mine["markup"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_files")
    post = await a_reply(amina, topic, "Nothing yet")
    six = "".join(f"[f](/files/{n}/f.pdf)" for n in range(6))
    for answer in (
        await amina.post(f"/topics/{topic}/posts", {"body": six}),
        await amina.patch(f"/posts/{post['id']}", {"body": six}),
        await amina.post("/sectors/mobility/topics", {"title": "Six files", "body": six}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "too_many_files")


async def test_files_of_drafts_and_histories_stay_and_others_go(app: Service) -> None:
    amina = await a_member(app)
    topic = (await a_topic(amina))["id"]
    drafted, shown, dropped = [await upload(amina, a_picture("PNG", (10 + n, 9))) for n in range(3)]
    draft = {"body": drafted["markup"], "sequence": 0, "owner": "w"}
    await amina.put(f"/drafts/topic:{topic}", draft)
    post = await a_reply(amina, topic, shown["markup"])
    with clock.stop_at(clock.now() + timedelta(hours=1)):
        await amina.patch(f"/posts/{post['id']}", {"body": "Without it."})
    with clock.stop_at(clock.now() + timedelta(days=3)):
        await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT array_agg(id ORDER BY id) FROM files") == [
        drafted["id"],
        shown["id"],
    ]
    await amina.delete(f"/drafts/topic:{topic}")
    with clock.stop_at(clock.now() + timedelta(days=3)):
        await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT array_agg(id) FROM files") == [shown["id"]]
    assert dropped["id"] != shown["id"]


async def test_what_a_pdf_says_is_found_with_the_post_that_shows_it(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_member(app)
    topic = (await a_topic(amina))["id"]
    paper = await upload(amina, a_pdf("Pteranodon smelters audited"), "report.pdf")
    assert paper["markup"] == f"[report.pdf]({paper['address']})"
    post = await a_reply(amina, topic, paper["markup"])
    assert f'<p class="file"><a href="{paper["address"]}"' in post["html"]
    await app.run_jobs()

    found = (await client.get(f"{API}/search", params={"q": "pteranodon"})).json()

    assert [hit["post"] for hit in found["items"]] == [post["id"]]
    await hide(app, post)
    assert (await client.get(f"{API}/search", params={"q": "pteranodon"})).json()["items"] == []


async def test_a_pdf_that_cannot_be_read_says_nothing(app: Service) -> None:
    assert "Cobalt" in await extract_pdf_text(a_pdf("Cobalt"))
    assert await extract_pdf_text(b"%PDF-1.4\nbroken") == ""


def test_what_moves_goes_on_moving() -> None:
    frames = [Image.new("RGB", (12, 10), colour) for colour in ("red", "white", "blue")]
    kept = io.BytesIO()
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:], duration=120, loop=0)

    prepared = prepare_upload("dance.gif", kept.getvalue())

    assert (prepared.name, prepared.media_type, prepared.width) == ("dance.webp", "image/webp", 12)
    with Image.open(io.BytesIO(prepared.content)) as shown:
        assert getattr(shown, "n_frames", 1) == 3


def test_macros_hide_behind_no_number_of_parts() -> None:
    many = [f"word/media/{n}.xml" for n in range(5_001)]
    with pytest.raises(FileRefused):
        prepare_upload("a.docx", an_office_file("word/document.xml", *many, "word/vbaProject.bin"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "![a](/files/7/x.png)",
            '<figure><a href="/files/7/x.png"><img src="/files/7/x.png" alt="a" loading="lazy">',
        ),
        ('![](/files/7/x.png "Cap")', 'alt="x.png" loading="lazy"></a><figcaption>Cap</figcaption></figure>'),
        ('![a" onerror="x](/files/7/x.png)', 'alt="a&quot; onerror=&quot;x"'),
        ("![a](/files/7/x.pdf)", '<a href="/files/7/x.pdf"'),
        ("![a](https://elsewhere.example/x.png)", '<a href="https://elsewhere.example/x.png"'),
        ("![a](/files/7/../../x.png)", '<a href="/files/7/../../x.png"'),
    ],
)
def test_only_our_own_pictures_are_shown(text: str, shown: str) -> None:
    html = render(text).html
    assert shown in html
    assert ("<img" in html) == ("loading" in shown or "onerror" in shown)


async def test_without_scripts_a_file_comes_with_the_form(app: Service) -> None:
    amina = await a_member(app)
    topic = (await a_topic(amina))["id"]
    page = (await amina.client.get(f"/t/{topic}/any/reply", follow_redirects=True)).text
    assert 'enctype="multipart/form-data"' in page and 'type="file"' in page

    shown = await amina.client.post(
        f"/t/{topic}/reply",
        data={"body": "Look:", "alt": "A red corner", "attach": "1"},
        files={"file": ("photo.png", a_picture("PNG"), "image/png")},
        headers={"Accept": "text/html"},
    )
    text = text_in(shown.text)
    assert (
        re.fullmatch(r"Look:\n\n!\[A red corner\]\(/files/\d+/photo.png\?40x20\)\n", text)
        and "<img " in shown.text
    )
    sent = await amina.client.post(f"/t/{topic}/reply", data={"body": text})
    assert sent.status_code == 303

    refused = await amina.client.post(
        f"/t/{topic}/reply",
        data={"body": "Kept", "attach": "1"},
        files={"file": ("a.svg", b"<svg/>", "image/svg+xml")},
        headers={"Accept": "text/html"},
    )
    assert (
        refused.status_code == 422
        and "can contain scripts" in refused.text
        and text_in(refused.text) == "Kept"
    )


async def test_a_newcomer_without_the_right_to_attach_is_refused_before_a_file_is_read(app: Service) -> None:
    newcomer, amina = await a_member(app, "Newcomer", 0), await a_member(app)
    topic = (await a_topic(amina))["id"]
    for person, says in ((newcomer, "You cannot attach files"), (amina, "picture is damaged")):
        answer = await person.client.post(
            f"/t/{topic}/reply",
            data={"body": "Look:", "attach": "1"},
            files={"file": ("a.png", b"\x89PNG\r\n\x1a\nbroken", "image/png")},
            headers={"Accept": "text/html"},
        )
        assert answer.status_code == 422 and says in answer.text


THREE = "See https://a.example, https://b.example and <https://c.example/x>."


@pytest.mark.parametrize(
    "text",
    [
        THREE,
        "www.a.example and www.b.example and www.c.example",
        "[a][1], [b][2], [c]\n\n[1]: https://a.example\n[2]: https://b.example\n[c]: https://c.example",
        "[a](https&colon;//a.example) [b](https:&#47;/b.example) [c](&#104;ttps://c.example)",
        "![a](https://a.example/1.png) ![b](https://b.example/1.png) ![c](https://c.example/1.png)",
        "> " + THREE,
        '[a](https://a.example "A") [b](<https://b.example>) [c](HTTPS://C.EXAMPLE)',
        "| a |\n|--|\n| https://a.example |\n| https://b.example |\n\nx[^1]\n\n[^1]: https://c.example",
    ],
    ids=[
        "plain",
        "without scheme",
        "references",
        "entities",
        "pictures",
        "typed quote",
        "titles",
        "table and footnote",
    ],
)
async def test_links_are_counted_as_readers_see_them(app: Service, text: str) -> None:
    newcomer, amina = await a_member(app, "Newcomer", 0), await a_member(app)
    topic = (await a_topic(amina))["id"]
    refused = await newcomer.post(f"/topics/{topic}/posts", {"body": text})
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_links")
    opened = await newcomer.post("/sectors/mobility/topics", {"title": "Three of them", "body": text})
    assert (opened.status_code, opened.json()["code"]) == (422, "too_many_links")
    post = await a_reply(newcomer, topic, "https://a.example twice: https://a.example")
    edited = await newcomer.patch(f"/posts/{post['id']}", {"body": text})
    assert (edited.status_code, edited.json()["code"]) == (422, "too_many_links")
    await a_reply(amina, topic, text)


async def test_what_is_no_link_to_another_site_counts_for_nothing(app: Service) -> None:
    newcomer, amina = await a_member(app, "Newcomer", 0), await a_member(app)
    topic = (await a_topic(amina))["id"]
    quoted = await a_reply(amina, topic, THREE)
    own = " ".join(f"{app.db.site}/m/{n}" for n in range(3))
    code = "`https://a.example` `https://b.example` `https://c.example`"
    quote = f"> [Amina, #{quoted['number']}](/p/{quoted['id']}):\n> {THREE}\n\nYes."
    for text in (own, code, quote, "https://a.example https://a.example https://a.example"):
        await a_reply(newcomer, topic, text)


async def test_addresses_in_titles_and_profiles_count_like_links(app: Service) -> None:
    newcomer, amina = await a_member(app, "Newcomer", 0), await a_member(app)
    three = "www.a.example https://b.example ｗｗｗ.c.example"
    new = {"title": "www.a.example and www.b.example", "body": "Both, and https://c.example"}
    opened = await newcomer.post("/sectors/mobility/topics", new)
    assert (opened.status_code, opened.json()["code"]) == (422, "too_many_links")
    topic = (await a_topic(newcomer))["id"]
    for change in (
        await newcomer.patch(f"/topics/{topic}", {"title": three}),
        await newcomer.patch("/me/profile", {"about": three}),
        await newcomer.patch(
            "/me/profile", {"about": "www.a.example", "organisation": "www.b.example www.c.example"}
        ),
    ):
        assert (change.status_code, change.json()["code"]) == (422, "too_many_links")
    form = {"title": three, "version": "1"}
    page = await newcomer.client.post(f"/change/{topic}", data=form, headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert (await newcomer.patch("/me/profile", {"about": "www.a.example"})).status_code == 200
    assert (await amina.patch("/me/profile", {"about": three})).status_code == 200
