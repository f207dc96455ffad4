"""Slow mode under concurrency: of everything that one member sends to a room at one moment, one text is accepted."""

import asyncio
from typing import Any

import pytest

from tests.support.rooms.live_room import Hall, Person
from tests.support.rooms.questions import set_room_columns
from tests.support.service import plain


async def _count(hall: Hall, who: Person) -> int:
    written = "SELECT count(*) FROM posts WHERE topic_id = $1 AND (author_id = $2 OR pseudonym IS NOT NULL)"
    return int(await plain(hall.db).fetchval(written, hall.topic, who.id))


@pytest.mark.parametrize("premoderated", [False, True])
async def test_of_all_that_is_written_at_once_one_is(hall: Hall, premoderated: bool) -> None:
    await plain(hall.db).execute("UPDATE rooms SET modules = '{questions,board}' WHERE id = $1", hall.room)
    column = (await hall.host.post(f"/rooms/{hall.room}/columns", {"title": "Offers"})).json()["id"]
    await set_room_columns(hall, f"slow_seconds = 30, is_premoderated = {premoderated}")
    asked, replies = f"/rooms/{hall.room}/questions", f"/topics/{hall.topic}/posts"
    writes: list[tuple[str, dict[str, Any]]] = [
        (asked, {"body": "Who pays?"}),
        (asked, {"body": "Who pays, I ask?", "anonymous": True}),
        (f"/rooms/{hall.room}/notices", {"column": column, "title": "Scales", "body": "To give away."}),
    ]
    if not premoderated:
        writes.append((replies, {"body": "Me, too."}))
    for _ in range(4):
        hasty, calm = await hall.member(), await hall.member()
        answers = await asyncio.gather(*(hasty.post(*write) for write in writes * 3), calm.post(*writes[0]))

        assert sorted(answer.status_code for answer in answers) == [201, 201, *[429] * (len(answers) - 2)]
        assert {one.json()["code"] for one in answers if one.status_code == 429} == {"too_soon"}
        assert answers[-1].status_code == 201
        assert await _count(hall, hasty) + await _count(hall, calm) >= 2


async def test_a_retry_in_slow_mode_is_answered_as_before(hall: Hall) -> None:
    await set_room_columns(hall, "slow_seconds = 30")
    asker = await hall.member()
    for path in (f"/rooms/{hall.room}/questions", f"/topics/{hall.topic}/posts"):
        answers = [await asker.post(path, {"body": "Once"}, key="again") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.text for answer in answers}) == 1
        asker = await hall.member()
