"""What the service writes into rooms and stock-takes is in the language of each reader until somebody changes it."""

import httpx2
import pytest

from core.languages.languages import all_languages
from core.languages.texts import gettext, speaking
from forum.text.prepared_posts import ROOM_BEGINS
from tests.support.boards import a_board
from tests.support.discussion import quoting
from tests.support.pages import open_page
from tests.support.rooms.open_room import OpenRoom
from tests.support.service import Service, raw_sql

FRENCH, GERMAN = all_languages()["fr"], all_languages()["de"]


async def read_in(language: str, client: httpx2.AsyncClient, path: str) -> httpx2.Response:
    """Read a path of the API as somebody whose browser prefers this language."""
    return await client.get(f"/api/v1{path}", headers={"Accept-Language": language})


async def a_noticeboard(open_room: OpenRoom, lang: str) -> None:
    changed = await open_room.host.client.patch(
        f"/api/v1/rooms/{open_room.room}",
        headers={"Accept-Language": lang},
        json={"modules": ["questions", "board"]},
    )
    assert changed.status_code == 200, changed.text


async def test_columns_are_in_the_language_of_the_reader_until_they_are_renamed(open_room: OpenRoom) -> None:
    await a_noticeboard(open_room, "de")
    # As a host who speaks Spanish made them before.
    await raw_sql(open_room.db).execute(
        "UPDATE board_columns SET title = 'Contactos' WHERE title = 'Contacts'"
    )
    path = f"/rooms/{open_room.room}/columns"
    shown = [one["title"] for one in (await read_in("fr", open_room.visitor.client, path)).json()["items"]]
    with speaking(FRENCH):
        wanted = [gettext(title) for title in ("Offers", "Needs", "Announcements", "Contacts")]
    assert shown == wanted and "Offers" not in wanted
    for page in ("board", "wall", "board/columns"):
        read = await open_page(open_room.host.client, f"/r/{open_room.room}/{page}?lang=fr")
        assert all(title in read for title in wanted) and "Offers" not in read, page

    first = (await open_room.visitor.get(path)).json()["items"][0]
    assert first["title"] == "Offers"
    await open_room.host.patch(f"/columns/{first['id']}", {"title": "Offers of help"})
    assert "Offers of help" in await open_page(open_room.visitor.client, f"/r/{open_room.room}/board?lang=fr")


@pytest.mark.parametrize("stored_in", all_languages())
async def test_the_first_post_of_a_room_is_in_the_language_of_the_reader(
    open_room: OpenRoom, stored_in: str
) -> None:
    room = (
        await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", {"title": "Saal *1*"})
    ).json()
    post = (await open_room.visitor.get(f"/topics/{room['topic']}/posts")).json()["items"][0]
    # As hosts stored it in their language before.
    written = await open_room.host.client.patch(
        f"/api/v1/posts/{post['id']}",
        json={"body": _first_post_in(stored_in)},
        headers={"If-Match": f'"{post["version"]}"'},
    )
    assert written.status_code == 200, written.text

    german = (await read_in("de", open_room.visitor.client, f"/topics/{room['topic']}/posts")).json()[
        "items"
    ][0]
    assert german["html"].startswith("<p>Fragen und Antworten aus „Saal <em>1</em>“ (A webinar).")
    page = await open_page(open_room.visitor.client, f"/t/{room['topic']}/saal-1?lang=ar")
    assert "وأجوبتها. ما يُطرح في الغرفة" in page and "Questions and answers of" not in page
    feed = await open_room.visitor.client.get(
        f"/feeds/topics/{room['topic']}.atom", headers={"Accept-Language": "de"}
    )
    assert "Fragen und Antworten aus" in feed.text

    changed = await open_room.host.client.patch(
        f"/api/v1/posts/{post['id']}",
        json={"body": _first_post_in(stored_in) + " Welcome!"},
        headers={"If-Match": f'"{written.json()["version"]}"'},
    )
    assert changed.status_code == 200, changed.text
    german = (await read_in("de", open_room.visitor.client, f"/topics/{room['topic']}/posts")).json()[
        "items"
    ][0]
    assert ("Fragen und Antworten" in german["html"]) == (stored_in == "de")


async def test_excerpts_exports_and_quotes_of_a_first_post_are_in_the_language_of_the_reader(
    open_room: OpenRoom,
) -> None:
    app, topic = open_room.app, open_room.topic
    member = await open_room.member()
    post = (await member.get(f"/topics/{topic}/posts")).json()["items"][0]
    await app.run_jobs()
    await raw_sql(open_room.db).execute(
        "INSERT INTO notifications (member_id, kind, reason, topic_id, post_id, told_at)"
        " SELECT $1, 'posted', 'You follow this.', topic_id, id, posted_at FROM posts WHERE id = $2",
        member.id,
        post["id"],
    )

    handle = post["author"]["handle"]
    addresses = {
        "a hit": "/search?q=Plenary",
        "posts of a member": f"/members/{handle}/posts",
        "an export": f"/topics/{topic}/export.md",
        "an export for programs": f"/topics/{topic}/export.json",
        "its history": f"/posts/{post['id']}/revisions",
    }
    for what, path in addresses.items():
        read = (await read_in("de", member.client, path)).text
        assert "Fragen und Antworten aus" in read and "Questions and answers of" not in read, what
    inbox = (await read_in("de", member.client, "/inbox")).json()["items"]
    assert [one["excerpt"][:24] for one in inbox] == ["Fragen und Antworten aus"]

    german = (await read_in("de", member.client, f"/posts/{post['id']}")).json()
    for words in ("Fragen und Antworten aus „Plenary“", "Questions and answers of “Plenary”"):
        answered = await member.client.post(
            f"/api/v1/topics/{topic}/posts",
            headers={"Accept-Language": "de"},
            json={"body": quoting(german, words)},
        )
        assert answered.status_code == 201, answered.text
        assert words in answered.json()["html"] and "Paraphras" not in answered.json()["html"]


def _first_post_in(tag: str) -> str:
    with speaking(all_languages()[tag]):
        return gettext(ROOM_BEGINS, room="Saal *1*", event="A webinar")


async def test_labels_of_a_template_are_in_the_language_of_the_reader_until_they_are_changed(
    app: Service,
) -> None:
    table = await a_board(app)
    board = f"/boards/{table.id}"
    made = await table.curator.post(
        "/sectors/mobility/boards", {"title": "Follow-up", "template": "follow-up"}
    )
    assert made.status_code == 201, made.text
    board, page = f"/boards/{made.json()['id']}", f"/b/{made.json()['id']}"
    form = (await table.curator.get(board)).json()["form"]
    # As a curator who speaks German made it before.
    with speaking(GERMAN):
        fields = [field | {"label": gettext(field["label"])} for field in form["fields"]]
    assert (await table.curator.patch(board, {"form": {"fields": fields}})).status_code == 200
    labels = {field["key"]: field["label"] for field in form["fields"]}
    assert labels["until"] == "Until when"

    read = await read_in("fr", table.curator.client, board)
    with speaking(FRENCH):
        french = {key: gettext(label) for key, label in labels.items()}
    assert {field["key"]: field["label"] for field in read.json()["form"]["fields"]} == french
    added = await table.member.client.post(
        f"/api/v1{board}/entries",
        headers={"Accept-Language": "fr"},
        json={"fields": {"title": "Audit", "why": "Said twice."}},
    )
    assert added.status_code == 201, added.text
    for address in (page, f"{page}/entries/new", f"{page}/settings", f"{page}/import"):
        shown = await open_page(table.curator, f"{address}?lang=fr")
        assert french["until"] in shown and "Until when" not in shown, address
    # What is stored for all readers does not depend on who wrote it.
    post = (await table.member.get(f"/posts/{added.json()['post']}")).json()
    assert "What was said about it" in post["body"]

    changed = [field | {"label": "Deadline"} if field["key"] == "until" else field for field in fields]
    await table.curator.patch(board, {"form": {"fields": changed}})
    assert "Deadline" in await open_page(table.curator, f"{page}?lang=fr")
