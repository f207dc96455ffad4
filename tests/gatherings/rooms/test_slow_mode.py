"""Slow mode under concurrency: of everything that one member sends to a room at one moment, one text is accepted."""

import asyncio
from typing import Any

import pytest

from tests.support.rooms.open_room import OpenRoom, Person
from tests.support.rooms.questions import set_room_columns
from tests.support.service import raw_sql


async def _count(open_room: OpenRoom, who: Person) -> int:
    written = "SELECT count(*) FROM posts WHERE topic_id = $1 AND (author_id = $2 OR pseudonym IS NOT NULL)"
    return int(await raw_sql(open_room.db).fetchval(written, open_room.topic, who.id))


@pytest.mark.parametrize("premoderated", [False, True])
async def test_of_all_that_is_written_at_once_one_is(open_room: OpenRoom, premoderated: bool) -> None:
    await raw_sql(open_room.db).execute(
        "UPDATE rooms SET modules = '{questions,board}' WHERE id = $1", open_room.room
    )
    column = (await open_room.host.post(f"/rooms/{open_room.room}/columns", {"title": "Offers"})).json()["id"]
    await set_room_columns(open_room, f"slow_seconds = 30, is_premoderated = {premoderated}")
    asked, replies = f"/rooms/{open_room.room}/questions", f"/topics/{open_room.topic}/posts"
    writes: list[tuple[str, dict[str, Any]]] = [
        (asked, {"body": "Who pays?"}),
        (asked, {"body": "Who pays, I ask?", "anonymous": True}),
        (f"/rooms/{open_room.room}/notices", {"column": column, "title": "Scales", "body": "To give away."}),
    ]
    if not premoderated:
        writes.append((replies, {"body": "Me, too."}))
    for _ in range(4):
        hasty, calm = await open_room.member(), await open_room.member()
        answers = await asyncio.gather(*(hasty.post(*write) for write in writes * 3), calm.post(*writes[0]))

        assert sorted(answer.status_code for answer in answers) == [201, 201, *[429] * (len(answers) - 2)]
        assert {one.json()["code"] for one in answers if one.status_code == 429} == {"too_soon"}
        assert answers[-1].status_code == 201
        assert await _count(open_room, hasty) + await _count(open_room, calm) >= 2


async def test_a_retry_in_slow_mode_is_answered_as_before(open_room: OpenRoom) -> None:
    await set_room_columns(open_room, "slow_seconds = 30")
    asker = await open_room.member()
    for path in (f"/rooms/{open_room.room}/questions", f"/topics/{open_room.topic}/posts"):
        answers = [await asker.post(path, {"body": "Once"}, key="again") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.text for answer in answers}) == 1
        asker = await open_room.member()
