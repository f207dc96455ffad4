"""The priority of a case: it depends on the reporters, the severity and the number of readers."""

import pytest

from moderation.cases.priority import MAX_READERS
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def a_flagged_post(app: Service) -> tuple[int, Person]:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]
    assert (await jonas.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    return topic, await a_person(app, "Mod", duties=[("moderator", "mobility")])


async def weight(moderator: Person) -> tuple[float, list[str]]:
    (case,) = (await moderator.get("/cases")).json()["items"]
    return case["score"], case["because"]


@pytest.mark.parametrize(
    ("readers", "share", "words"),
    [(3, 0.0, None), (20, 0.1, "read by 20 members"), (250, 1.0, f"read by {MAX_READERS} members or more")],
)
async def test_what_many_have_read_is_heavier(
    app: Service, readers: int, share: float, words: str | None
) -> None:
    topic, moderator = await a_flagged_post(app)
    await raw_sql(app.db).execute("DELETE FROM readings")
    alone, _ = await weight(moderator)
    people = """INSERT INTO members (handle, skeleton, display_name, email, joined_at)
        SELECT name, name, name, name || '@reader.example', now() FROM (SELECT 'reader-' || n AS name
        FROM generate_series(1, $1) AS n) AS names RETURNING id"""
    for row in await raw_sql(app.db).fetch(people, readers):
        await raw_sql(app.db).execute(
            "INSERT INTO readings (member_id, topic_id, read_at) VALUES ($1, $2, now())", row["id"], topic
        )

    score, because = await weight(moderator)

    assert score == pytest.approx(alone * (1 + share), abs=0.1)
    assert ([one for one in because if one.startswith("read by")] or [None]) == [words]
