"""The problem document of the API names every wrong field of a body."""

from tests.support.people import a_person
from tests.support.service import Service


async def test_every_wrong_field_is_in_the_problem(app: Service) -> None:
    amina = await a_person(app, "Amina")
    answer = await amina.post("/sectors/mobility/topics", {"title": "x", "body": "", "kind": "poem"})

    problem = answer.json()
    assert answer.status_code == 422
    assert {one["field"] for one in problem["errors"]} == {"title", "body", "kind"}
    assert all(one.keys() == {"field", "code", "detail"} and one["detail"] for one in problem["errors"])
    first = problem["errors"][0]
    assert (problem["field"], problem["code"], problem["detail"]) == (
        first["field"],
        first["code"],
        first["detail"],
    )


async def test_a_refusal_without_fields_has_no_errors(app: Service) -> None:
    amina = await a_person(app, "Amina")
    assert "errors" not in (await amina.get("/topics/4711")).json()
