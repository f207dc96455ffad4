"""`tertulia member` and `tertulia duty`, used while the service runs."""

import json

import pytest
from click.testing import CliRunner

from tertulia.cli import cli
from tests.support.command_line import tertulia
from tests.support.member_service import PASSWORD, MemberService
from tests.support.service import Service


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service without members."""
    return MemberService(app)


async def test_members_are_added_and_get_roles(member_service: MemberService, environment: dict[str, str]):
    anna = ["member", "add", "Anna", "--email", "Anna@mail.example", "--password", PASSWORD, "--verified"]
    berta = ["member", "add", "berta", "--email", "berta@mail.example"]
    administer = ["duty", "grant", "anna", "administrator"]
    moderate = ["duty", "grant", "anna", "moderator", "mobility", "--json"]
    revoke = ["duty", "revoke", "anna", "moderator", "mobility"]
    leave = ["duty", "revoke", "anna", "administrator"]
    answers = await tertulia(environment, anna, berta, administer, moderate, revoke, leave)
    assert [status for status, _, _ in answers] == [0, 0, 0, 0, 0, 1], answers

    made, other = json.loads(answers[0][1]), json.loads(answers[1][1])
    assert (made["handle"], made["email"], made["is_verified"]) == ("anna", "anna@mail.example", True)
    assert (other["handle"], other["is_verified"]) == ("berta", False)
    assert json.loads(answers[3][1])["duties"] == [
        {"duty": "administrator", "sector": None, "gathering": None},
        {"duty": "moderator", "sector": "mobility", "gathering": None},
    ]
    assert answers[4][1] == "anna is no longer moderator mobility\n"
    assert "(last_administrator)" in answers[5][2]

    await member_service.work()
    assert [email.to for email in member_service.sent.emails] == ["berta@mail.example"]
    async with member_service.client() as client:
        for login, status in (("anna", 201), ("berta", 401)):
            answer = await client.post("/sessions", json={"login": login, "password": PASSWORD})
            assert answer.status_code == status


async def test_refusals_are_one_line(member_service: MemberService, environment: dict[str, str]):
    reserved = ["member", "add", "admin", "--email", "a@b.example"]
    nobody = ["duty", "grant", "nobody", "administrator"]
    answers = await tertulia(environment, reserved, nobody)
    for (status, said, complained), code in zip(answers, ("handle_not_available", "not_found"), strict=True):
        assert (status, said) == (1, "")
        assert code in complained
        assert "Traceback" not in complained


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("member", "add", "anna", "--email", "nobody"), "email"),
        (("member", "add", "anna", "--email", "a@b.example", "--password", "short"), "password"),
        (("member", "add", "anna"), "--email"),
        (("duty", "grant", "anna", "king"), "king"),
        (("duty", "grant", "anna", "moderator"), "slug"),
        (("duty", "grant", "anna", "host", "first"), "number"),
        (("duty", "revoke", "anna", "administrator", "mobility"), "no sector or gathering"),
    ],
)
def test_usage_errors_are_one_line(words: tuple[str, ...], said: str):
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert said in result.output
