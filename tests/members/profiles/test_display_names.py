"""Tests of display names: nobody takes the name of somebody else, or of a role."""

import pytest

from tests.support.people import Person, a_person
from tests.support.service import Service

PASSWORD = "three unrelated words"


async def rename(person: Person, name: str) -> tuple[int, str]:
    """Change the display name; return the status, and the code or the new name."""
    answer = await person.patch("/me/profile", {"display_name": name})
    said = answer.json()
    return answer.status_code, said["display_name"] if answer.status_code == 200 else said["code"]


TAKEN = (422, "display_name_not_available")


@pytest.mark.parametrize(
    "name",
    [
        "Admin",
        "4dmin",
        "\u0430dmin",
        "Ad\u200bmin",
        "Ad\u200dmin",
        "Anna (Moderator)",
        "Moderat0r Anna",
        "The Administrators",
        "T e a m",
        "Tertulia",
        "Support",
    ],
)
async def test_roles_are_no_names_of_members_without_one(app: Service, name: str) -> None:
    assert await rename(await a_person(app), name) == TAKEN
    moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    assert (await rename(moderator, name))[0] == 200


async def test_handles_and_names_of_those_with_roles_belong_to_them(app: Service) -> None:
    bob = await a_person(app, "Bob")
    ada = await a_person(app, "Ada Lovelace", duties=[("moderator", "mobility")])
    other = await a_person(app, "Other")
    for name in (bob.handle, f"@{bob.handle}", bob.handle.upper(), bob.handle.replace("b", "\u0253")):
        assert await rename(other, name) == TAKEN, name
    for name in (
        "Ada Lovelace",
        "ada  lovelace",
        "Ad\u0430 Lovelace",
        "Ada-Lovelace.",
        "AdaLovelace",
        "Ada Love1ace",
    ):
        assert await rename(other, name) == TAKEN, name
    assert await rename(bob, bob.handle) == (200, bob.handle)
    assert await rename(ada, "Ada  Lovelace") == (200, "Ada Lovelace")


async def test_two_people_can_have_one_name_and_words_are_free(app: Service) -> None:
    await a_person(app, "Maria Silva")
    other = await a_person(app, "Other")
    for name in (
        "Maria Silva",
        "Dominic Host",
        "Amin Adminsky",
        "Help Desk of Vienna",
        "\u674e\u660e",
        "\u0645\u0631\u06cc\u0645",
    ):
        assert await rename(other, name) == (200, name)


async def test_registration_has_the_same_rule(app: Service) -> None:
    ada = await a_person(app, "Ada Lovelace", duties=[("administrator", None)])
    async with app.client() as visitor:
        for name, status in (("Ada Lovelace", 422), (ada.handle, 422), ("Moderator", 422), ("Newcomer", 201)):
            account = {
                "handle": "newcomer",
                "email": "n@example.org",
                "password": PASSWORD,
                "display_name": name,
            }
            answer = await visitor.post("/api/v1/accounts", json=account)
            assert answer.status_code == status, (name, answer.text)
            assert status == 201 or answer.json()["code"] == "display_name_not_available"
