"""HTTP routes of accounts, sign-in sessions, passwords and addresses."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import structs

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import SessionId
from members.accounts import accounts, credentials, passwords, sessions
from members.accounts.cookies import CookieRules, expired_cookie, session_cookie
from members.emails import mailed_links
from members.emails.translations import language_for
from members.profiles import profiles
from members.shapes import (
    LinkToken,
    Me,
    NewAccount,
    NewAddress,
    NewFounder,
    NewPassword,
    ResetPassword,
    ResetWanted,
    SessionList,
    SignedIn,
    SignIn,
)
from storage.database import Database
from storage.idempotency import IdempotentRequest, fingerprint

PathToken = Annotated[str, PathParameter(max_length=128)]


@post("/accounts", responses=documented_response(201, Me), operation_id="register")
async def register(
    data: JSONBody[NewAccount],
    request: Request[Any, Any, Any],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Create an account and e-mail a verification link; until it is used, the member can only read.

    Without `letters_in`, e-mails use the language of the `Accept-Language` header.
    """
    accounts.ensure_good_password(data)
    sealed = await passwords.seal_secret(data.password)
    suggested = language_for(request.headers.get("accept-language", ""))
    account = structs.replace(data, letters_in=data.letters_in or suggested)
    answer = await _without_password(idempotent, data).respond(
        db, lambda tx: accounts.join(tx, account, sealed), 201
    )
    return json_response(answer.body, answer.status)


@post("/founders", responses=documented_response(201, Me), operation_id="found")
async def create_founder(
    data: JSONBody[NewFounder], db: NamedDependency[Database], idempotent: NamedDependency[IdempotentRequest]
) -> Response[bytes]:
    """Create the account of the first administrator, with the token of the link that the first start printed."""
    accounts.ensure_good_password(data)
    async with db.read() as tx:
        await mailed_links.ensure_link_valid(tx, data.token, "found")
    sealed = await passwords.seal_secret(data.password)
    answer = await _without_password(idempotent, data).respond(
        db, lambda tx: accounts.create_founder(tx, data.token, data, sealed), 201
    )
    return json_response(answer.body, answer.status)


@post("/sessions", status_code=201, operation_id="sign_in")
async def sign_in(
    data: JSONBody[SignIn],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cookie_rules: NamedDependency[CookieRules],
) -> Response[SignedIn]:
    """Sign in with a handle or verified address; this starts a new session and ends the session of the request."""
    member = await credentials.authenticate(db, data.login, data.password)
    async with db.begin() as tx:
        token = await credentials.sign_in(tx, actor, member, request.headers.get("user-agent", ""))
        me = await profiles.read_member(tx, member.member_id)
    return Response(SignedIn(token, me), status_code=201, cookies=[session_cookie(token, cookie_rules)])


@delete("/sessions/current", status_code=204, operation_id="sign_out")
async def sign_out(
    actor: NamedDependency[Actor], db: NamedDependency[Database], cookie_rules: NamedDependency[CookieRules]
) -> Response[None]:
    """Sign out: the session and its sockets end."""
    async with db.begin() as tx:
        await sessions.end_session(tx, actor, actor.session_id or SessionId(0))
    return Response(None, status_code=204, cookies=[expired_cookie(cookie_rules)])


@put("/me/password", status_code=204, operation_id="change_password")
async def change_password(
    data: JSONBody[NewPassword], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Change the password; the caller's other sessions end."""
    passwords.ensure_not_common(data.new, actor.handle or "", field="new")
    member = await credentials.reauthenticate(db, actor, data.current, "current")
    sealed = await passwords.seal_secret(data.new, member.secret)
    async with db.begin() as tx:
        await credentials.change_password(tx, actor, member, sealed)


@put("/me/address", responses=documented_response(202, None), operation_id="change_address")
async def change_address(
    data: JSONBody[NewAddress], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Request a new address, which takes effect when its verification link is used."""
    await credentials.reauthenticate(db, actor, data.password)
    async with db.begin() as tx:
        await accounts.change_address(tx, actor, data.email)
    return json_response(b"", 202)


@post("/me/verification-mail", responses=documented_response(202, None), operation_id="mail_again")
async def resend_verification(
    actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """E-mail the verification link again."""
    async with db.begin() as tx:
        await accounts.request_verification(tx, actor)
    return json_response(b"", 202)


@post("/address-verifications", status_code=204, operation_id="verify")
async def verify_address(data: JSONBody[LinkToken], db: NamedDependency[Database]) -> None:
    """Verify an address with the token of the e-mailed link."""
    async with db.begin() as tx:
        await accounts.verify_address(tx, data.token)


@post("/password-resets", responses=documented_response(202, None), operation_id="request_reset")
async def request_reset(data: JSONBody[ResetWanted], db: NamedDependency[Database]) -> Response[bytes]:
    """E-mail a link for a new password if the address belongs to a member; the response does not say whether it does."""
    async with db.begin() as tx:
        await mailed_links.request_link(tx, "reset", credentials.normalize_address(data.email))
    return json_response(b"", 202)


@put("/password-resets/{token:str}", status_code=204, operation_id="reset_password")
async def reset_password(
    token: PathToken, data: JSONBody[ResetPassword], db: NamedDependency[Database]
) -> None:
    """Set a new password with the token of the e-mailed link; all sessions end."""
    passwords.ensure_not_common(data.password)
    async with db.read() as tx:
        await mailed_links.ensure_link_valid(tx, token, "reset")
    sealed = await passwords.seal_secret(data.password)
    async with db.begin() as tx:
        await credentials.reset_password(tx, token, sealed)


@get("/me/sessions", operation_id="read_sessions")
async def read_sessions(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> SessionList:
    """Return the caller's sessions."""
    async with db.read() as tx:
        return await sessions.read_sessions(tx, actor)


@delete("/me/sessions", status_code=204, operation_id="end_other_sessions")
async def end_other_sessions(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """End all of the caller's sessions except the current one."""
    async with db.begin() as tx:
        await sessions.end_other_sessions(tx, actor)


@delete("/me/sessions/{session_id:int}", status_code=204, operation_id="end_session")
async def end_session(
    session_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """End one of the caller's sessions."""
    async with db.begin() as tx:
        await sessions.end_session(tx, actor, SessionId(session_id))


def _without_password(idempotent: IdempotentRequest, data: NewAccount) -> IdempotentRequest:
    """Return the idempotent request with a fingerprint that leaves out the password.

    The fingerprint is stored, and a fast hash of the password must not be.
    """
    said = "\0".join((data.handle, data.email, data.display_name or "")).encode()
    return structs.replace(idempotent, fingerprint=fingerprint("POST account", said))


routes = [
    register,
    create_founder,
    sign_in,
    sign_out,
    change_password,
    change_address,
    resend_verification,
    verify_address,
    request_reset,
    reset_password,
    read_sessions,
    end_other_sessions,
    end_session,
]
