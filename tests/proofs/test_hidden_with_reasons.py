"""A post cannot be hidden without a decision that states the reason: the database refuses it."""

import asyncpg
import pytest

from tests.support.moderation.hidden_posts import give_reason, hide_rows
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def a_written_post(app: Service) -> int:
    amina = await a_person(app)
    return int((await a_reply(amina, (await a_topic(amina))["id"]))["id"])


async def state_of(app: Service, post: int) -> str:
    return str(await raw_sql(app.db).fetchval("SELECT state FROM posts WHERE id = $1", post))


async def test_hiding_a_post_requires_a_decision(app: Service) -> None:
    post, other = await a_written_post(app), await a_written_post(app)
    await give_reason(app.db, other)
    with pytest.raises(asyncpg.CheckViolationError, match="no decision says why"):
        await raw_sql(app.db).execute("UPDATE posts SET state = 'hidden' WHERE id = $1", post)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await raw_sql(app.db).execute("ALTER TABLE posts DISABLE TRIGGER hidden_posts_have_reasons")
    assert await state_of(app, post) == "published"

    await hide_rows(app.db, post)
    assert await state_of(app, post) == "hidden"


@pytest.mark.parametrize(
    "end", ["undone_at = now()", "reversed_at = now(), reversal_facts = 'It was about another one.'"]
)
async def test_a_decision_cannot_end_while_its_post_is_hidden(app: Service, end: str) -> None:
    post = await a_written_post(app)
    await hide_rows(app.db, post)
    ends = f"UPDATE decisions SET {end} WHERE case_id = (SELECT id FROM cases WHERE object_id = {post})"
    with pytest.raises(asyncpg.CheckViolationError, match="no decision says why"):
        await raw_sql(app.db).execute(ends)

    await raw_sql(app.db).execute(
        f"WITH back AS (UPDATE posts SET state = 'published' WHERE id = {post}) {ends}"
    )
    assert await state_of(app, post) == "published"


async def test_a_second_valid_decision_keeps_a_post_hidden(app: Service) -> None:
    post = await a_written_post(app)
    await hide_rows(app.db, post)
    await give_reason(app.db, post)
    await raw_sql(app.db).execute(
        "UPDATE decisions SET undone_at = now() WHERE case_id = (SELECT min(id) FROM cases WHERE object_id = $1)",
        post,
    )
    assert await state_of(app, post) == "hidden"
