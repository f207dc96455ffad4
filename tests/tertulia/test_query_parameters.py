"""Unknown query parameters: every route of the API refuses them by name, and pages ignore them."""

import re
from typing import Any

import httpx2
import pytest

from tests.support.pages import BROWSER, every_address
from tests.support.people import a_person
from tests.support.requests import GOOD, PLACES
from tests.support.service import Service

# What other sites, mail programs and networks add to links, also twice, without a value and in other character sets.
TRACKING = "utm_source=newsletter&utm_medium=e-mail&fbclid=Iw%FFAR&gclid&utm_source=x&mc_cid=%E2%9C%93"
# Probes of a load balancer may have any query.
NOT_STRICT = {"/health", "/ready"}


def refused(response: httpx2.Response) -> dict[str, Any]:
    """Return the problem document of a refused query."""
    assert response.status_code == 422, response.text
    problem: dict[str, Any] = response.json()
    assert problem["code"] == "unknown_parameter", problem
    return problem


def place(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda part: PLACES.get(part[1], "1"), path)


async def read_operations(app: Service) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every operation in the OpenAPI schema."""
    async with app.client() as client:
        schema = (await client.get("/api/openapi.json")).json()
    found = [
        (method.upper(), path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if path not in NOT_STRICT
    ]
    assert len(found) > 200
    return found


async def test_every_operation_refuses_an_unknown_parameter_by_its_name(app: Service) -> None:
    admin = await a_person(app, duties=[("administrator", None)])
    for method, path, operation in await read_operations(app):
        body = {"json": GOOD[operation["operationId"]]} if operation["operationId"] in GOOD else {}
        response = await admin.client.request(method, f"{place(path)}?no+such=1", **body)
        assert refused(response)["field"] == "no such", (method, path)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("group", "group"),
        ("group=", "group"),
        ("Order=time", "Order"),
        ("order=new&x%FF=1", "x\ufffd"),
        ("=1", ""),
    ],
)
async def test_a_parameter_is_unknown_without_a_value_and_beside_known_ones(
    app: Service, query: str, name: str
) -> None:
    async with app.client() as visitor:
        problem = refused(await visitor.get(f"/api/v1/sectors/mobility/topics?{query}"))

    assert problem.get("field", "") == name
    assert problem["detail"].endswith("It takes: after, order, tag.")


async def test_every_operation_accepts_its_own_parameters(app: Service) -> None:
    admin = await a_person(app, duties=[("administrator", None)])
    for method, path, operation in await read_operations(app):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                response = await admin.client.request(method, f"{place(path)}?{parameter['name']}=1")
                assert "unknown_parameter" not in response.text, (method, path, parameter["name"])


async def test_a_refused_request_has_changed_nothing(app: Service) -> None:
    member = await a_person(app)
    new = {"title": "Cobalt", "body": "Who knows?"}

    problem = refused(await member.post("/sectors/mobility/topics?dry_run=1", new))

    assert problem["detail"].endswith("Nothing was done. It takes none.")
    assert (await member.get("/sectors/mobility/topics")).json()["items"] == []


async def test_pages_open_with_the_parameters_that_other_sites_add(app: Service) -> None:
    admin = await a_person(app, duties=[("administrator", None)])
    for path in await every_address(admin):
        plain = await admin.client.get(path, headers=BROWSER)
        followed = await admin.client.get(f"{path}{'&' if '?' in path else '?'}{TRACKING}", headers=BROWSER)
        assert followed.status_code == plain.status_code < 400, path
