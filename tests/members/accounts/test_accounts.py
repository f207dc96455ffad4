"""Registration, verification of addresses, sign-in, sign-out and passwords, through the API."""

import asyncio
from datetime import timedelta
from functools import partial
from time import perf_counter

import pytest
from httpx2 import Response

from core import clock
from core.ids import MemberId
from members.accounts import accounts, unclaimed
from members.accounts.passwords import PasswordTooCommon, ensure_not_common
from members.emails import mailed_links
from tests.support.member_service import FROM_HERE, PASSWORD, MemberService
from tests.support.people import answered
from tests.support.service import Service


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service with nobody in it yet."""
    return MemberService(app)


def joining(name: str, **more: str) -> dict[str, str]:
    return {"handle": name, "email": f"{name}@mail.example", "password": PASSWORD} | more


async def signed_in(member_service: MemberService, login: str, password: str = PASSWORD) -> Response:
    async with member_service.client() as client:
        return await client.post("/sessions", json={"login": login, "password": password})


def refused(answer: Response, status: int, code: str, field: str | None = None) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem.get("field", "").removeprefix("data").removeprefix(".") == (field or "")


async def test_somebody_joins_proves_the_address_and_signs_in(member_service: MemberService):
    async with member_service.client() as client:
        answer = await client.post("/accounts", json=joining("Élise", email="Elise@Mail.Example"))
        assert answer.status_code == 201
        me = answer.json()
        assert (me["handle"], me["display_name"], me["email"]) == ("élise", "élise", "elise@mail.example")
        assert not me["is_verified"]
        assert member_service.sent.emails == []

        await member_service.work()
        token = member_service.sent.token("elise@mail.example")
        assert (await client.post("/address-verifications", json={"token": token})).status_code == 204

        answer = await client.post("/sessions", json={"login": "ELISE@mail.example", "password": PASSWORD})
        assert answer.status_code == 201
        assert answer.json()["member"]["is_verified"]
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"tertulia={answer.json()['token']};")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert (await client.get("/me")).json()["handle"] == "élise"

        answer = await client.delete("/sessions/current", headers=FROM_HERE)
        assert answer.status_code == 204
        assert (await client.get("/me")).status_code == 401


async def test_one_account_for_one_look_of_a_handle(member_service: MemberService):
    async with member_service.client() as client:
        assert (await client.post("/accounts", json=joining("paypal"))).status_code == 201
        for handle in (
            "paypal",
            "PayPal",
            "paypa1",
            "раураl",
            "ＰａｙＰａｌ",
            "аdmin",
            "support",
            "ad-min",
            "a",
            "a b c",
        ):
            answer = await client.post("/accounts", json=joining("x", handle=handle))
            if handle == "ad-min":
                assert answer.status_code == 201
                continue
            refused(answer, 422, "handle_not_available", "handle")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email"),
        ({"password": "short"}, "password"),
        ({"handle": "a\u202eb"}, "handle"),
        ({"handle": "nul\x00nul"}, "handle"),
        ({"display_name": "right\u202eto left"}, "display_name"),
        ({"administrator": "yes"}, None),
    ],
)
async def test_what_cannot_be_an_account_is_refused(
    member_service: MemberService, change: dict[str, str], field: str | None
):
    async with member_service.client() as client:
        answer = await client.post("/accounts", json=joining("anna") | change)
    refused(answer, 422, "invalid", field)


@pytest.mark.parametrize(
    "password",
    ["password", "Passw0rd!", "qwertyuiop", "12345678", "aaaaaaaa", "abababab", "Welcome2024", "anna-maria"],
)
def test_common_passwords_are_refused(password: str):
    with pytest.raises(PasswordTooCommon):
        ensure_not_common(password, "anna-maria", "a@b.example")


@pytest.mark.parametrize(
    "password", [PASSWORD, "Tr0ub4dor&3-staple", "mes trois chats gris", "密码很长很长很难猜"]
)
def test_other_passwords_are_not(password: str):
    ensure_not_common(password, "anna-maria", "a@b.example")


async def test_a_common_password_is_refused(member_service: MemberService):
    async with member_service.client() as client:
        answer = await client.post("/accounts", json=joining("anna", password="password123"))
    refused(answer, 422, "password_too_common", "password")


async def test_joining_with_the_address_of_a_member_looks_like_any_joining(member_service: MemberService):
    known = await member_service.member("known")
    async with member_service.client() as client:
        taken = await client.post("/accounts", json=joining("newcomer", email=known.email or ""))
        free = await client.post("/accounts", json=joining("newcomers", email="free@mail.example"))
    assert taken.status_code == free.status_code == 201
    same = {"id", "handle", "display_name", "email", "joined_at"}
    assert {k: v for k, v in taken.json().items() if k not in same} == {
        k: v for k, v in free.json().items() if k not in same
    }

    await member_service.work()
    assert "You have an account already" in member_service.sent.to(known.email or "")[-1].subject
    assert "/verify/" not in member_service.sent.to(known.email or "")[-1].text
    assert "/verify/" in member_service.sent.to("free@mail.example")[-1].text


async def test_an_address_goes_to_who_proves_it_first(member_service: MemberService):
    async with member_service.client() as client:
        for handle in ("first", "second"):
            await client.post("/accounts", json=joining(handle, email="both@mail.example"))
        await member_service.work()
        tokens = [
            email.text.split("/verify/")[1].split()[0]
            for email in member_service.sent.to("both@mail.example")
        ]
        assert len(tokens) == 2

        assert (await client.post("/address-verifications", json={"token": tokens[1]})).status_code == 204
        answer = await client.post("/address-verifications", json={"token": tokens[0]})
        refused(answer, 409, "address_taken", "email")
    assert (await signed_in(member_service, "both@mail.example")).json()["member"]["handle"] == "second"


async def test_of_fifty_who_spend_a_link_at_once_one_succeeds(member_service: MemberService):
    await member_service.member("anna", verified=False)
    await member_service.work()
    token = member_service.sent.token("anna@mail.example")
    async with member_service.client() as client:
        spent = await asyncio.gather(
            *(
                answered(lambda: client.post("/address-verifications", json={"token": token}))
                for _ in range(50)
            )
        )
    assert sorted(answer.status_code for answer in spent) == [204] + [422] * 49


async def test_of_fifty_who_reset_with_a_link_at_once_one_succeeds(member_service: MemberService):
    await member_service.member("anna", password=PASSWORD)
    async with member_service.client() as client:
        await client.post("/password-resets", json={"email": "anna@mail.example"})
        await member_service.work()
        token = member_service.sent.token("anna@mail.example")
        passwords = [f"quite another one {number}" for number in range(50)]
        spent = await asyncio.gather(
            *(
                answered(partial(client.put, f"/password-resets/{token}", json={"password": password}))
                for password in passwords
            )
        )
    assert sorted(answer.status_code for answer in spent) == [204] + [422] * 49
    winner = passwords[next(place for place, answer in enumerate(spent) if answer.status_code == 204)]
    assert (await signed_in(member_service, "anna", winner)).status_code == 201


async def test_links_are_for_their_purpose_and_for_their_time(member_service: MemberService):
    await member_service.member("anna", verified=False)
    async with member_service.client() as client:
        await member_service.work()
        verification = member_service.sent.token("anna@mail.example")
        await client.post("/password-resets", json={"email": "anna@mail.example"})
        await member_service.work()
        reset = member_service.sent.token("anna@mail.example")
        assert verification != reset

        refused(
            await client.post("/address-verifications", json={"token": reset}), 422, "link_not_good", "token"
        )
        answer = await client.put(f"/password-resets/{verification}", json={"password": PASSWORD})
        refused(answer, 422, "link_not_good", "token")
        with clock.stop_at(clock.now() + timedelta(hours=1, seconds=1)):
            answer = await client.put(f"/password-resets/{reset}", json={"password": PASSWORD})
            refused(answer, 422, "link_not_good", "token")
        with clock.stop_at(clock.now() + timedelta(hours=24, seconds=1)):
            answer = await client.post("/address-verifications", json={"token": verification})
            refused(answer, 422, "link_not_good", "token")
        assert (await client.post("/address-verifications", json={"token": verification})).status_code == 204


async def test_a_reset_tells_nobody_who_is_a_member(member_service: MemberService):
    await member_service.member("anna")
    async with member_service.client() as client:
        known = await client.post("/password-resets", json={"email": "anna@mail.example"})
        unknown = await client.post("/password-resets", json={"email": "nobody@mail.example"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")

    await member_service.work()
    assert [email.to for email in member_service.sent.emails] == ["anna@mail.example"]


async def test_an_address_is_not_stormed_with_mail(member_service: MemberService):
    await member_service.member("anna")
    async with member_service.client() as client:
        for _ in range(12):
            await client.post("/password-resets", json={"email": "anna@mail.example"})
    await member_service.work()
    assert len(member_service.sent.emails) == mailed_links.MAX_EMAILS_PER_HOUR - 1  # joining took one


async def test_wrong_names_and_wrong_passwords_are_answered_alike_and_as_slowly(
    member_service: MemberService,
):
    await member_service.member("anna", password=PASSWORD)
    attempts = {
        "anna": "not the password",
        "nobody": "not the password",
        "anna@mail.example": "not it",
        "a@b.c": "no",
    }
    took: dict[str, list[float]] = {login: [] for login in attempts}
    bodies = set()
    for _ in range(9):
        for login, password in attempts.items():
            before = perf_counter()
            answer = await signed_in(member_service, login, password)
            took[login].append(perf_counter() - before)
            refused(answer, 401, "wrong_credentials")
            bodies.add(answer.content)
    assert len(bodies) == 1
    # The fastest of each: a busy machine makes answers slower, never faster.
    times = [min(each) for each in took.values()]
    assert max(times) < 3 * min(times)


async def test_signing_in_never_adopts_a_token_and_ends_the_one_that_came(member_service: MemberService):
    await member_service.member("anna", password=PASSWORD)
    planted = "a-token-that-somebody-else-chose-a-token-th"
    async with member_service.client() as client:
        client.cookies.set("tertulia", planted)
        first = await client.post(
            "/sessions",
            json={"login": "anna", "password": PASSWORD},
            headers=FROM_HERE,
        )
        assert first.json()["token"] != planted
        assert await member_service.actor(planted) is None

    async with member_service.client(first.json()["token"]) as client:
        second = await client.post("/sessions", json={"login": "anna", "password": PASSWORD})
    assert second.json()["token"] != first.json()["token"]
    assert await member_service.actor(first.json()["token"]) is None
    assert await member_service.actor(second.json()["token"]) is not None


async def test_a_new_password_ends_the_other_sessions_and_keeps_the_secret(member_service: MemberService):
    await member_service.member("anna", password=PASSWORD)
    other, here = [(await signed_in(member_service, "anna")).json()["token"] for _ in range(2)]
    before = await member_service.actor(here)
    async with member_service.client(here) as client:
        wrong = await client.put("/me/password", json={"current": "not it at all", "new": "another good one"})
        refused(wrong, 403, "wrong_password", "current")
        common = await client.put("/me/password", json={"current": PASSWORD, "new": "password1"})
        refused(common, 422, "password_too_common", "new")
        answer = await client.put("/me/password", json={"current": PASSWORD, "new": "another good one"})
        assert answer.status_code == 204

    after = await member_service.actor(here)
    assert before is not None
    assert after is not None
    assert before.secret == after.secret
    assert await member_service.actor(other) is None
    assert (await signed_in(member_service, "anna")).status_code == 401
    again = await member_service.actor(
        (await signed_in(member_service, "anna", "another good one")).json()["token"]
    )
    assert again is not None
    assert again.secret == before.secret
    await member_service.work()
    assert "was changed" in member_service.sent.to("anna@mail.example")[-1].subject


async def test_a_reset_ends_all_sessions_and_begins_a_new_secret(member_service: MemberService):
    await member_service.member("anna", password=PASSWORD)
    token = (await signed_in(member_service, "anna")).json()["token"]
    before = await member_service.actor(token)
    async with member_service.client() as client:
        await client.post("/password-resets", json={"email": "Anna@mail.example"})
        await member_service.work()
        link = member_service.sent.token("anna@mail.example")
        answer = await client.put(f"/password-resets/{link}", json={"password": "another good one"})
        assert answer.status_code == 204
    assert await member_service.actor(token) is None
    after = await member_service.actor(
        (await signed_in(member_service, "anna", "another good one")).json()["token"]
    )
    assert before is not None
    assert after is not None
    assert before.secret != after.secret


async def test_a_new_address_counts_once_it_is_proved_and_the_old_one_is_told(member_service: MemberService):
    await member_service.member("anna", password=PASSWORD)
    token = (await signed_in(member_service, "anna")).json()["token"]
    async with member_service.client(token) as client:
        wanted = {"email": "new@mail.example", "password": PASSWORD}
        refused(
            await client.put("/me/address", json=wanted | {"password": "no"}),
            403,
            "wrong_password",
            "password",
        )
        assert (await client.put("/me/address", json=wanted)).status_code == 202
        await member_service.work()
        assert "about to change" in member_service.sent.to("anna@mail.example")[-1].subject
        assert (await client.get("/me")).json()["email"] == "anna@mail.example"

        await client.post(
            "/address-verifications", json={"token": member_service.sent.token("new@mail.example")}
        )
        assert (await client.get("/me")).json()["email"] == "new@mail.example"
        refused(await client.post("/me/verification-mail"), 409, "already_verified")


async def test_only_the_latest_new_address_can_be_proved(member_service: MemberService):
    await member_service.member("anna", password=PASSWORD)
    async with member_service.client((await signed_in(member_service, "anna")).json()["token"]) as client:
        for email in ("one@mail.example", "two@mail.example"):
            await client.put("/me/address", json={"email": email, "password": PASSWORD})
            await member_service.work()
        answer = await client.post(
            "/address-verifications", json={"token": member_service.sent.token("one@mail.example")}
        )
        refused(answer, 422, "link_not_good", "token")


async def test_somebody_who_mistyped_the_address_gets_mail_at_the_right_one(member_service: MemberService):
    async with member_service.client() as client:
        await client.post("/accounts", json=joining("anna", email="amna@mail.example"))
    async with member_service.client((await signed_in(member_service, "anna")).json()["token"]) as client:
        await client.put("/me/address", json={"email": "anna@mail.example", "password": PASSWORD})
        assert (await client.post("/me/verification-mail")).status_code == 202
        await member_service.work()
        await client.post(
            "/address-verifications", json={"token": member_service.sent.token("anna@mail.example")}
        )
        assert (await client.get("/me")).json()["is_verified"]


async def test_who_proves_the_address_of_an_archives_author_is_named_beside_it(member_service: MemberService):
    async with member_service.db.begin() as tx:
        author = await unclaimed.find_or_create_archive_author(
            tx, "Anna@Mail.Example", "Anna A.", clock.now()
        )
        again = await unclaimed.find_or_create_archive_author(tx, "anna@mail.example", "A.", clock.now())
    assert author == again

    me = await member_service.member("anna")
    events = await member_service.events(f"member:{me.id}")
    assert {"type": "address_proved", "member_id": me.id, "unclaimed_id": author} in events
    async with member_service.db.begin() as tx:
        await unclaimed.delete_unclaimed(tx, author)
        await unclaimed.delete_unclaimed(tx, MemberId(me.id))
        assert (
            await unclaimed.find_or_create_archive_author(tx, "anna@mail.example", "A.", clock.now()) == me.id
        )


async def test_the_founders_link_makes_one_administrator(member_service: MemberService):
    async with member_service.db.begin() as tx:
        old = await accounts.offer_founders_link(tx)
        token = await accounts.offer_founders_link(tx)
    assert old
    assert token
    async with member_service.client() as client:
        answer = await client.post("/founders", json=joining("founder-1", token=old))
        refused(answer, 422, "link_not_good", "token")
        tries = [client.post("/founders", json=joining(f"anna-{n}", token=token)) for n in range(5)]
        answers = await asyncio.gather(*tries)
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]
    founder = next(answer.json() for answer in answers if answer.status_code == 201)
    assert founder["is_verified"]
    assert founder["duties"] == [{"duty": "administrator", "sector": None, "gathering": None}]
    async with member_service.db.begin() as tx:
        assert await accounts.offer_founders_link(tx) is None


async def test_a_repeated_request_to_join_is_answered_as_before_and_keeps_no_quick_hash(
    member_service: MemberService,
):
    async with member_service.client() as client:
        headers = {"Idempotency-Key": "once"}
        first = await client.post("/accounts", json=joining("anna"), headers=headers)
        again = await client.post(
            "/accounts", json=joining("anna", password="quite another one"), headers=headers
        )
        other = await client.post("/accounts", json=joining("berta"), headers=headers)
    assert first.content == again.content
    refused(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/me", None),
        ("GET", "/me/sessions", None),
        ("DELETE", "/me/sessions", None),
        ("DELETE", "/me/sessions/1", None),
        ("DELETE", "/sessions/current", None),
        ("PATCH", "/me/profile", {}),
        ("PUT", "/me/password", {"current": "x", "new": "another good one"}),
        ("PUT", "/me/address", {"email": "a@b.example", "password": "x"}),
        ("POST", "/me/verification-mail", None),
        ("GET", "/duties", None),
        ("PUT", "/members/x/duties/administrator", None),
        ("DELETE", "/members/x/duties/moderator/mobility", None),
        ("PUT", "/members/x/duties/host/1", None),
    ],
)
async def test_visitors_are_asked_to_sign_in(
    member_service: MemberService, method: str, path: str, body: object
):
    async with member_service.client() as client:
        refused(await client.request(method, path, json=body), 401, "sign_in_first")


async def test_of_many_who_want_one_handle_at_once_one_gets_it(member_service: MemberService):
    async with member_service.client() as client:
        joined = await asyncio.gather(
            *(
                answered(partial(client.post, "/accounts", json=joining("anna", email=f"a{n}@mail.example")))
                for n in range(12)
            )
        )
    assert sorted(answer.status_code for answer in joined) == [201] + [422] * 11
    assert {answer.json().get("code") for answer in joined} == {None, "handle_not_available"}
