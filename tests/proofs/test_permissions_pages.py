"""Permissions on pages and channels: every page, form and kind of channel, requested by a person of every role.

The rows are in tests/data/permissions.toml. Each row tries every role in the shared world; a run of all rows takes
minutes.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from storage.database import Database
from tests.support import permission_matrix
from tests.support.requests import state_of
from tests.support.service import Service, raw_sql
from tests.support.world import a_world


@pytest.mark.parametrize("what", permission_matrix.PAGES)
async def test_pages_and_forms_allow_what_the_matrix_says(app: Service, db: Database, what: str) -> None:
    operation, _, state = what.partition(": ")
    method, path = operation.split(" ")
    world = None
    before: list[str] = []
    for role, status in zip(permission_matrix.ROLES, permission_matrix.PAGES[what], strict=True):
        if world is None:
            world = await a_world(app)
            await permission_matrix.put_in_state(db, state, world.places)
            before = await state_of(db)
        person = world.people[role]
        client = person.client if person else app.client()
        places = _also(world.places, path) | {"who": permission_matrix.ROLES.index(role)}
        answer = await client.request(
            method,
            path.format(**places),
            headers={"Accept": "text/html"} | ({} if person else {"Origin": app.urls[0]}),
            **({"data": permission_matrix.form(what, places)} if method == "POST" else {}),
            follow_redirects=method == "GET",
        )

        assert f"{role} {answer.status_code}" == f"{role} {status}", _heading(answer.text)
        if method == "GET" or answer.status_code >= 400:
            assert await state_of(db) == before, f"{role} changed something"
        elif person:
            world = None
        else:
            before = await state_of(db)


@pytest.mark.parametrize("what", permission_matrix.CHANNELS)
async def test_channels_allow_what_the_matrix_says(app: Service, db: Database, what: str) -> None:
    channel, _, state = what.partition(": ")
    world = await a_world(app)
    await permission_matrix.put_in_state(db, state, world.places)
    sector = await raw_sql(db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'")
    author = await raw_sql(db).fetchval(
        "SELECT author_id FROM topics WHERE id = $1", world.places["topic_id"]
    )
    name = channel.format(**world.places, sector_id=sector, author_id=author)
    for role, expected in zip(permission_matrix.ROLES, permission_matrix.CHANNELS[what], strict=True):
        person = world.people[role]
        async with app.listening(name, person.token if person else None) as feed:
            assert f"{role} {feed.joined['type']}" == f"{role} {expected}", feed.joined


def _also(places: Mapping[str, Any], path: str) -> dict[str, Any]:
    calendar = "mobility.ics" if "sectors" in path else f"{places['gathering_id']}.ics"
    feeds = {"topic_feed": f"{places['topic_id']}.atom", "tag_feed": "cobalt.atom"}
    return {**places, **feeds, "number": 1, "calendar": calendar, "lane_key": "unknown"}


def _heading(page: str) -> str:
    return page.partition("<h1")[2][:300]
