"""`tertulia member` and `tertulia duty`, beside a running service."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from storage.embedded import Cluster
from tests.members_house import PASSWORD, MembersHouse
from tests.walking import Service


@pytest.fixture
def house(app: Service) -> MembersHouse:
    """The service with nobody in it yet."""
    return MembersHouse(app)


@pytest.fixture
def environment(cluster: Cluster) -> dict[str, str]:
    """Nothing but the data folder says where the database is."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TERTULIA_", "DATABASE_"))
    }
    return kept | {"TERTULIA_DATA": str(cluster.log.parent)}


async def tertulia(environment: dict[str, str], *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tertulia", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def member(environment: dict[str, str], *words: str) -> dict[str, Any]:
    status, said, complained = await tertulia(environment, "member", "add", *words)
    assert status == 0, complained
    made: dict[str, Any] = json.loads(said)
    return made


async def test_a_member_is_added_verified_and_given_duties(house: MembersHouse, environment: dict[str, str]):
    words = ("Anna", "--email", "Anna@mail.example", "--password", PASSWORD, "--verified")
    made = await member(environment, *words)
    assert (made["handle"], made["email"], made["is_verified"]) == ("anna", "anna@mail.example", True)
    await house.work()
    assert house.letters.letters == []
    async with house.client() as client:
        answer = await client.post("/sessions", json={"login": "anna", "password": PASSWORD})
    assert answer.status_code == 201

    for words, duty in [
        (("administrator",), {"duty": "administrator", "sector": None, "gathering": None}),
        (("moderator", "mobility"), {"duty": "moderator", "sector": "mobility", "gathering": None}),
    ]:
        status, said, complained = await tertulia(environment, "duty", "grant", "anna", *words, "--json")
        assert status == 0, complained
        assert duty in json.loads(said)["duties"]
    status, said, _ = await tertulia(environment, "duty", "revoke", "anna", "moderator", "mobility")
    assert (status, said) == (0, "anna is no longer moderator mobility\n")
    status, _, complained = await tertulia(environment, "duty", "revoke", "anna", "administrator")
    assert status == 1
    assert "(last_administrator)" in complained


async def test_a_member_without_password_chooses_one_by_mail(
    house: MembersHouse, environment: dict[str, str]
):
    made = await member(environment, "anna", "--email", "anna@mail.example")
    assert not made["is_verified"]
    await house.work()
    assert "/verify/" in house.letters.to("anna@mail.example")[-1].text


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        (("member", "add", "admin", "--email", "a@b.example"), 1, "handle_not_available"),
        (("member", "add", "anna", "--email", "nobody"), 2, "email"),
        (("member", "add", "anna"), 2, "--email"),
        (("duty", "grant", "nobody", "administrator"), 1, "not_found"),
        (("duty", "grant", "anna", "king"), 2, "king"),
        (("duty", "grant", "anna", "moderator"), 2, "slug"),
        (("duty", "grant", "anna", "host", "first"), 2, "number"),
        (("duty", "grant", "anna", "administrator", "mobility"), 2, "no place"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_line(
    house: MembersHouse, environment: dict[str, str], words: tuple[str, ...], expected: int, said: str
):
    status, printed, complained = await tertulia(environment, *words)
    assert (status, printed) == (expected, "")
    assert said in complained
    assert "Traceback" not in complained
