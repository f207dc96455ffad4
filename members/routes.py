"""The HTTP side of people: accounts, sessions, the member's own page, profiles."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter, QueryParameter
from msgspec import structs

from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import SessionId
from members.accounts import accounts, credentials, passwords, sessions
from members.accounts.cookies import CookieRules, expired_cookie, provide_cookie_rules, session_cookie
from members.accounts.routes_feed_keys import feed_routes
from members.emails import mailed_links
from members.emails.translations import language_for
from members.profiles import profiles
from members.profiles.routes_committees import body_routes
from members.profiles.routes_duties import duty_routes
from members.shapes import (
    LinkToken,
    Me,
    MemberList,
    NewAccount,
    NewAddress,
    NewFounder,
    NewPassword,
    Profile,
    ProfileChange,
    ResetPassword,
    ResetWanted,
    SessionList,
    SignedIn,
    SignIn,
    Taxonomies,
)
from storage.database import Database
from storage.idempotency import IdempotentRequest, fingerprint

_COOKIES = {"cookie_rules": Provide(provide_cookie_rules, sync_to_thread=False)}

Prefix = Annotated[str, QueryParameter(max_length=60, description="how the handle or the name begins")]
PathToken = Annotated[str, PathParameter(max_length=128)]


@post("/accounts", responses=documented_response(201, Me), operation_id="register")
async def register(
    data: JSONBody[NewAccount],
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Make an account. A mail with a link goes to the address; until it is followed the member can read only. Without
    `letters_in`, letters come in the language that `Accept-Language` asks for."""
    accounts.ensure_good_password(data)
    sealed = await passwords.seal_secret(data.password)
    suggested = language_for(request.headers.get("accept-language", ""))
    account = structs.replace(data, letters_in=data.letters_in or suggested)
    answer = await _without_password(idempotent, data).respond(
        db, lambda tx: accounts.register(tx, account, sealed), 201
    )
    return json_response(answer.body, answer.status)


@post("/founders", responses=documented_response(201, Me), operation_id="found")
async def found(
    data: JSONBody[NewFounder], db: NamedDependency[Database], idempotent: NamedDependency[IdempotentRequest]
) -> Response[bytes]:
    """Make the account of the first administrator, with the token of the link that the first start has printed."""
    accounts.ensure_good_password(data)
    async with db.read() as tx:
        await mailed_links.ensure_link_valid(tx, data.token, "found")
    sealed = await passwords.seal_secret(data.password)
    answer = await _without_password(idempotent, data).respond(
        db, lambda tx: accounts.create_founder(tx, data.token, data, sealed), 201
    )
    return json_response(answer.body, answer.status)


@post("/sessions", status_code=201, dependencies=_COOKIES, operation_id="sign_in")
async def sign_in(
    data: JSONBody[SignIn],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cookie_rules: NamedDependency[CookieRules],
) -> Response[SignedIn]:
    """Sign in, with the handle or the proved address. Always makes a new session; the one that came along ends."""
    known = await credentials.authenticate(db, data.login, data.password)
    async with db.begin() as tx:
        token = await credentials.sign_in(tx, actor, known, request.headers.get("user-agent", ""))
        me = await profiles.read_member(tx, known.member_id)
    return Response(SignedIn(token, me), status_code=201, cookies=[session_cookie(token, cookie_rules)])


@delete("/sessions/current", status_code=204, dependencies=_COOKIES, operation_id="sign_out")
async def sign_out(
    actor: NamedDependency[Actor], db: NamedDependency[Database], cookie_rules: NamedDependency[CookieRules]
) -> Response[None]:
    """Sign out: this session ends, with its sockets."""
    async with db.begin() as tx:
        await sessions.end_session(tx, actor, actor.session_id or SessionId(0))
    return Response(None, status_code=204, cookies=[expired_cookie(cookie_rules)])


@get("/me", operation_id="read_me")
async def read_me(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Me:
    """The member who asks, with everything that only the member sees."""
    async with db.read() as tx:
        return await profiles.read_member(tx, actor.signed_in())


@patch("/me/profile", responses=documented_response(200, Me), operation_id="change_profile")
async def change_profile(
    data: JSONBody[ProfileChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    taxonomies: NamedDependency[Taxonomies],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change what the member says of themselves, and what of it others see."""
    version = version_in(if_match)
    answer = await idempotent.respond(
        db, lambda tx: profiles.change_profile(tx, actor, data, taxonomies, version)
    )
    return json_response(answer.body, answer.status)


@put("/me/password", status_code=204, operation_id="change_password")
async def change_password(
    data: JSONBody[NewPassword], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Take a new password. The member's other sessions end."""
    passwords.ensure_not_common(data.new, actor.handle or "", field="new")
    known = await credentials.reauthenticate(db, actor, data.current)
    sealed = await passwords.seal_secret(data.new, known.secret)
    async with db.begin() as tx:
        await credentials.change_password(tx, actor, known, sealed)


@put("/me/address", responses=documented_response(202, None), operation_id="change_address")
async def change_address(
    data: JSONBody[NewAddress], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Take a new address: it counts once the link that is mailed there is followed."""
    await credentials.reauthenticate(db, actor, data.password)
    async with db.begin() as tx:
        await accounts.change_address(tx, actor, data.email)
    return json_response(b"", 202)


@post("/me/verification-mail", responses=documented_response(202, None), operation_id="mail_again")
async def resend_verification(
    actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Have the link that proves the address mailed again."""
    async with db.begin() as tx:
        await accounts.request_verification(tx, actor)
    return json_response(b"", 202)


@post("/address-verifications", status_code=204, operation_id="verify")
async def verify(data: JSONBody[LinkToken], db: NamedDependency[Database]) -> None:
    """Prove an address with the token of the mailed link."""
    async with db.begin() as tx:
        await accounts.verify_address(tx, data.token)


@post("/password-resets", responses=documented_response(202, None), operation_id="request_reset")
async def request_reset(data: JSONBody[ResetWanted], db: NamedDependency[Database]) -> Response[bytes]:
    """Have a link for a new password mailed, if the address is a member's; the answer does not tell whether it is."""
    async with db.begin() as tx:
        await mailed_links.request_link(tx, "reset", credentials.normalize_address(data.email))
    return json_response(b"", 202)


@put("/password-resets/{token:str}", status_code=204, operation_id="reset_password")
async def reset_password(
    token: PathToken, data: JSONBody[ResetPassword], db: NamedDependency[Database]
) -> None:
    """Take a new password with the token of the mailed link. All sessions end; sign in again."""
    passwords.ensure_not_common(data.password)
    async with db.read() as tx:
        await mailed_links.ensure_link_valid(tx, token, "reset")
    sealed = await passwords.seal_secret(data.password)
    async with db.begin() as tx:
        await credentials.reset_password(tx, token, sealed)


@get("/me/sessions", operation_id="read_sessions")
async def read_sessions(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> SessionList:
    """Where the member is signed in."""
    async with db.read() as tx:
        return await sessions.read_sessions(tx, actor)


@delete("/me/sessions", status_code=204, operation_id="end_other_sessions")
async def end_other_sessions(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Sign out everywhere else."""
    async with db.begin() as tx:
        await sessions.end_other_sessions(tx, actor)


@delete("/me/sessions/{session_id:int}", status_code=204, operation_id="end_session")
async def end_session(
    session_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Sign one of the member's sessions out."""
    async with db.begin() as tx:
        await sessions.end_session(tx, actor, SessionId(session_id))


@get("/members", operation_id="read_named")
async def suggest_members(
    actor: NamedDependency[Actor], db: NamedDependency[Database], prefix: FromQuery[Prefix] = ""
) -> MemberList:
    """Members whose handle or name begins so, as the field where one writes offers them."""
    async with db.read() as tx:
        return await profiles.suggest_members(tx, actor, prefix)


@get("/members/{handle:str}", operation_id="read_profile")
async def read_profile(handle: FromPath[str], db: NamedDependency[Database]) -> Profile:
    """What everybody may know of a member."""
    async with db.read() as tx:
        return await profiles.read_profile(tx, handle)


def _without_password(idempotent: IdempotentRequest, data: NewAccount) -> IdempotentRequest:
    """What is stored to recognise a repeated request must not be a quick hash of the password."""
    said = "\0".join((data.handle, data.email, data.display_name or "")).encode()
    return structs.replace(idempotent, fingerprint=fingerprint("POST account", said))


routes = [
    register,
    found,
    sign_in,
    sign_out,
    read_me,
    change_profile,
    change_password,
    change_address,
    resend_verification,
    verify,
    request_reset,
    reset_password,
    read_sessions,
    end_other_sessions,
    end_session,
    suggest_members,
    read_profile,
    *duty_routes,
    *body_routes,
    *feed_routes,
]
