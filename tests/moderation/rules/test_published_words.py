"""The words beside a text: rules check titles, tags and whatever else readers see, in every verb that publishes them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.support.boards import a_board
from tests.support.moderation.filters import FilteredTopic
from tests.support.people import a_person
from tests.support.rooms.open_room import OpenRoom, make_open_room
from tests.support.rooms.questions import change_room
from tests.support.service import Service, raw_sql

WORD = "casino"
Publish = Callable[[Service, FilteredTopic], Awaitable[httpx2.Response]]


async def _title(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    return await filtered.author.post(
        "/sectors/mobility/topics", {"title": f"My {WORD}", "body": "About tin"}
    )


async def _retitle(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    return await filtered.author.patch(f"/topics/{filtered.topic}", {"title": f"My {WORD}"})


async def _tags(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    new = {"title": "About tin", "body": "About tin", "tags": [WORD]}
    return await filtered.author.post("/sectors/mobility/topics", new)


async def _retag(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    return await filtered.author.patch(f"/topics/{filtered.topic}", {"tags": [WORD]})


async def _a_board_of_notices(app: Service) -> tuple[OpenRoom, int]:
    open_room = await make_open_room(app)
    await change_room(open_room, modules=["questions", "board"])
    column = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    return open_room, column


async def _notice_title(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    open_room, column = await _a_board_of_notices(app)
    given = {"column": column, "title": f"My {WORD}", "body": "About tin"}
    return await (await open_room.member()).post(f"/rooms/{open_room.room}/notices", given)


async def _notice_retitle(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    open_room, column = await _a_board_of_notices(app)
    given, member = {"column": column, "title": "Looking", "body": "for tin"}, await open_room.member()
    notice = (await member.post(f"/rooms/{open_room.room}/notices", given)).json()
    return await member.patch(f"/notices/{notice['id']}", {"title": f"My {WORD}"}, notice["version"])


async def _question_edit(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    open_room = await make_open_room(app)
    await change_room(open_room, premoderated=True)
    member = await open_room.member()
    asked = await open_room.ask(member, "Where is tin?")
    return await member.patch(f"/questions/{asked['id']}", {"body": f"Where is a {WORD}?"}, asked["version"])


async def _published_question_edit(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    open_room = await make_open_room(app)
    member = await open_room.member()
    asked = await open_room.ask(member, "Where is tin?")
    return await member.patch(f"/posts/{asked['post']}", {"body": f"Where is a {WORD}?"})


async def _reply_in_room(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    open_room = await make_open_room(app)
    return await (await open_room.member()).post(f"/topics/{open_room.topic}/posts", {"body": f"A {WORD}."})


async def _anonymous_question(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    open_room = await make_open_room(app)
    member = await open_room.member()
    question = {"body": f"A {WORD}?", "anonymous": True}
    return await member.post(f"/rooms/{open_room.room}/questions", question)


async def _entry_title(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    table = await a_board(app)
    new: dict[str, Any] = {"fields": {"title": f"My {WORD}"}}
    return await table.member.post(f"/boards/{table.id}/entries", new)


async def _reply_to_entry(app: Service, filtered: FilteredTopic) -> httpx2.Response:
    table = await a_board(app)
    entry = await table.add("Tin")
    other = await a_person(app, "Other")
    return await other.post(f"/topics/{entry['topic']}/posts", {"body": f"A {WORD}."})


VERBS: dict[str, Publish] = {
    "title": _title,
    "changed title": _retitle,
    "tags": _tags,
    "changed tags": _retag,
    "title of a notice": _notice_title,
    "changed title of a notice": _notice_retitle,
    "edited question": _question_edit,
    "edited question in the forum": _published_question_edit,
    "reply in a room": _reply_in_room,
    "anonymous question": _anonymous_question,
    "title of an entry": _entry_title,
    "reply to an entry": _reply_to_entry,
}


@pytest.mark.parametrize("verb", VERBS)
async def test_every_word_that_readers_see_is_looked_at(
    app: Service, filtered: FilteredTopic, verb: str
) -> None:
    answer = await VERBS[verb](app, filtered)
    assert answer.status_code in (200, 201, 202, 204), answer.text

    matches = await raw_sql(app.db).fetchval(
        "SELECT count(*) FROM rule_matches WHERE rule_id = $1", filtered.rule
    )
    assert matches == 1
