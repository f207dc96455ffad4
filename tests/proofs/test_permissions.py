"""Permissions: every route of the API, requested by a person of every role; a refused request changes nothing.

The rows are in tests/data/permissions.toml. The loops over all roles of a route share one world; a run of the whole
matrix takes minutes.
"""

import re
from itertools import count
from typing import Any

import httpx2
import pytest

from pages.routes import routes as page_routes
from storage.database import Database
from tertulia.channels import KINDS
from tests.support import permission_matrix
from tests.support.requests import GOOD, ROUTES, UNRULED, address, state_of
from tests.support.service import Service
from tests.support.world import World, a_world

_numbers = count(1)


def place(route: Any, world: World) -> str:
    """Return the path of a route with the ids of a world."""
    return re.sub(r"\{(\w+):\w+\}", lambda part: str(world.places[part[1]]), sorted(route.paths)[0])


async def test_every_route_has_a_row(app: Service, client: httpx2.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()["paths"]
    served = {operation["operationId"] for path in described.values() for operation in path.values()}

    rows = permission_matrix.operations(permission_matrix.API)
    assert served - rows == set(), "add a row to [api.*] of tests/data/permissions.toml"
    assert rows - served == set(), "rows of operations that do not exist"
    assert {route.operation_id for route in ROUTES} == served
    assert all(path.startswith("/api/v1/") for path in described)


def served() -> set[str]:
    """Return every page and form, named as in the rows."""
    return {
        f"{method} {permission_matrix.untyped_path(path)}"
        for route in page_routes
        for path in route.paths
        for method in route.http_methods & {"GET", "POST"}
    }


def test_every_page_and_form_has_a_row() -> None:
    rows = permission_matrix.operations(permission_matrix.PAGES)
    assert served() - UNRULED - rows == set(), "add a row to [pages.*] of tests/data/permissions.toml"
    assert rows - served() == set(), "rows of pages that do not exist"


def test_every_kind_of_channel_has_a_row() -> None:
    assert {
        name.partition(":")[0] for name in permission_matrix.operations(permission_matrix.CHANNELS)
    } == KINDS.keys()


@pytest.mark.parametrize("what", permission_matrix.API)
async def test_routes_allow_what_the_matrix_says(app: Service, db: Database, what: str) -> None:
    operation, _, state = what.partition(": ")
    route = next(route for route in ROUTES if route.operation_id == operation)
    method, _ = address(route)
    expected = permission_matrix.API[what]
    given = permission_matrix.body(what, GOOD)
    world = None
    before: list[str] = []
    for role, status in zip(permission_matrix.ROLES, expected, strict=True):
        if world is None:
            world = await a_world(app)
            await permission_matrix.put_in_state(db, state, world.places)
            before = await state_of(db)
        body = given and {
            name: value.format(**world.places) if isinstance(value, str) else value
            for name, value in given.items()
        }
        if operation == "register":
            body = GOOD["register"] | {"handle": f"newcomer-{next(_numbers)}"}
        if operation == "change_profile":
            # Nobody can take the name of somebody with a role.
            body = GOOD["change_profile"] | {"display_name": f"Jonas {next(_numbers)}"}
        if operation == "set_answer":
            body = {"post": world.places["post_id"]}
        if operation == "move_posts":
            body = {"posts": [world.places["post_id"]], "title": "Elsewhere"}
        if body is not None and "column" in body:
            body = body | {"column": world.places["column_id"]}
        if operation == "merge_entry":
            body = {"into": world.places["other_entry_id"]}
        path = "/api/v1" + place(route, world)
        person = world.people[role]
        client = person.client if person else app.client()
        answer = await client.request(method, path, **({"json": body} if body is not None else {}))

        assert f"{role} {answer.status_code}" == f"{role} {status}", answer.text
        after = await state_of(db)
        if answer.status_code >= 400 or method == "GET":
            assert after == before, f"{role} changed something"
        elif operation in permission_matrix.DONE_ONCE:
            world = None
        before = after


# Requests that visitors may send: registration, sign-in, and tokens from e-mails.
OPEN_FORMS = {
    "/mail/stop/{key:str}",
    "/report",
    "/report/{reference:str}/appeal",
    "/signin",
    "/signout",
    "/register",
    "/claim-admin",
    "/verify",
    "/reset",
}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "path", sorted(path for route in page_routes for path in route.paths if "POST" in route.http_methods)
)
async def test_forms_refuse_other_origins_and_missing_sessions(app: Service, db: Database, path: str) -> None:
    world = await a_world(app)
    ada = world.people["administrator"]
    assert ada is not None
    bad = {
        "body": "From elsewhere", "title": "From elsewhere", "lock": "1", "set": f"{world.places['post_id']} agree 1",
        "act": f"vote {world.places['question_id']} 1", "state": "closed", "handle": str(world.places["handle"]),
        "duty": "administrator", "revoke": str(world.places["session_id"]), "display_name": "Elsewhere",
    }  # fmt: skip
    address = re.sub(r"\{(\w+):\w+\}", lambda part: str(world.places[part[1]]), path)
    before = await state_of(db)
    cookie = {"Cookie": f"tertulia={ada.token}", "Accept": "text/html"}
    async with app.client() as browser:
        for foreign in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": app.urls[0] + ".evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {},
        ):
            answer = await browser.post(address, data=bad, headers=cookie | foreign)
            assert answer.status_code == 403, (foreign, answer.status_code)
            assert "set-cookie" not in answer.headers
        assert await state_of(db) == before
        answer = await browser.post(address, data=bad, headers={"Accept": "text/html"})
        if path not in OPEN_FORMS:
            # A form without a session is refused before the sender is checked.
            assert answer.status_code in (401, 422), answer.status_code
            assert await state_of(db) == before
