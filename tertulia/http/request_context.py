"""The door of every HTTP route: who is asking, from where, and whether that was too often."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from core import clock
from core.actor import VISITOR, Actor, Suspended
from core.errors import Denied, Malformed, NotFound, SignInFirst, TooMany, UnsupportedMediaType
from members.accounts.cookies import cookie_name
from members.accounts.sessions import find_actor
from members.handles import normalize_handle
from members.pseudonyms import pseudonym
from storage.database import Database
from storage.idempotency import KEY_LENGTH, IdempotentRequest, fingerprint
from tertulia.http.rate_limits import FORMS, LIMITS, Limiter, address_key
from tertulia.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What whoever is suspended can still send: appeals and reports, and what keeps the account theirs.
_OPEN_TO_SUSPENDED = re.compile(
    r"(/api/v1)?/(decisions/\d+/appeal|reports?(/.*)?|sessions(/.*)?|signin|signout|reset(/.*)?|verify(/.*)?"
    r"|(me|settings)/(password|address|sessions|verification)(/.*)?|me/verification-mail|address-verifications"
    r"|password-resets(/.*)?|live/tickets|inbox(/.*)?|drafts/.*|topics/\d+/reading)"
)
# Forms that a page of another site could send without asking first.
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class ForeignOrigin(Denied):
    """A page of another site tried to write with a member's cookie."""

    message = "This came from another site."


class BadIdempotencyKey(Malformed):
    """An Idempotency-Key is up to 255 printable characters."""

    message = "An Idempotency-Key has 1 to 255 printable characters."


class BadQuery(Malformed):
    """The part of the address behind the question mark cannot be read."""

    message = "This address contains something that is no text."


Admit = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Any]


def make_request_guard(settings: Settings, db: Database, limiter: Limiter) -> Admit:
    """The guard of all routes; it leaves the actor in the request's state."""
    cookie = cookie_name(settings.is_secure)

    async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        _ensure_text(connection)
        if handler.opt.get("public"):
            connection.scope["state"]["actor"] = VISITOR
            return
        token, by_cookie = _token(connection, cookie)
        writes = connection.scope["method"] not in SAFE  # type: ignore[typeddict-item]
        if writes and not _is_from_here(connection, settings.allowed_origins, by_cookie):
            raise ForeignOrigin
        if writes:
            _ensure_json(connection)
        actor = VISITOR
        if token is not None:
            async with db.read() as tx:
                actor = await find_actor(tx, token, clock.now()) or VISITOR
            if actor.id is None and not by_cookie:
                raise SignInFirst
        if writes and actor.suspended_until and not _OPEN_TO_SUSPENDED.fullmatch(connection.scope["path"]):
            raise Suspended
        connection.scope["state"]["actor"] = actor
        limit = _limit(connection, handler, writes)
        await limiter.count(limit, _who(connection, actor, limit))
        if limit == "sign_in" and isinstance(connection, Request):
            await _slow_guessing(connection, limiter)

    return admit


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The actor that the door has found."""
    actor: Actor = request.scope["state"]["actor"]
    return actor


async def provide_idempotent_request(request: Request[Any, Any, Any]) -> IdempotentRequest:
    """What makes this write happen once: its Idempotency-Key, and whose and what it is."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return IdempotentRequest(scope="", key=None, fingerprint=b"")
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable() or not key.isascii():
        raise BadIdempotencyKey(field="Idempotency-Key")
    actor: Actor = request.scope["state"]["actor"]
    scope = f"member:{actor.id}" if actor.id else f"address:{_address(request)}"
    route = f"{request.method} {request.url.path}"
    return IdempotentRequest(scope=scope, key=key, fingerprint=fingerprint(route, await request.body()))


def _limit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler, writes: bool) -> str:
    name = getattr(handler, "operation_id", None) or ""
    if writes:
        name = FORMS.get(connection.scope.get("path_template", ""), name)
    return name if name in LIMITS else ("write" if writes else "read")


async def _slow_guessing(request: Request[Any, Any, Any], limiter: Limiter) -> None:
    """Passwords are guessed slowly: from one address it stops, from many it drags, but the owner is never locked out."""
    login = normalize_handle(_login(await request.body()))
    await limiter.count("sign_in_from", f"{login}@{_address(request)}")
    try:
        await limiter.count("sign_in_account", login)
    except TooMany:
        await asyncio.sleep(2)


def _login(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Login).login
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return parse_qs(body.decode("latin-1")).get("login", [""])[0]


class _Login(Struct):
    login: str


def _token(connection: ASGIConnection[Any, Any, Any, Any], cookie: str) -> tuple[str | None, bool]:
    header = connection.headers.get("authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        return (token.strip() or None if kind.lower() == "bearer" else None), False
    return connection.cookies.get(cookie), True


def _is_from_here(
    connection: ASGIConnection[Any, Any, Any, Any], origins: frozenset[str], by_cookie: bool
) -> bool:
    """Browsers say where a request comes from; what is no browser, or carries no cookie, has nothing to be stolen."""
    if not by_cookie:
        return True
    origin = connection.headers.get("origin")
    if origin is not None:
        return origin.lower() in origins
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return not connection.cookies or _kind(connection) not in FORM_TYPES


def _ensure_text(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """No text that is stored can hold NUL: an address with one leads nowhere, a parameter with one is none."""
    if "\0" in connection.scope["path"]:
        raise NotFound
    if b"%00" in connection.scope["query_string"]:
        raise BadQuery


def _ensure_json(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """What the API is sent is called JSON; anything else could be a form that a page of another site sends unasked."""
    headers = connection.headers
    if not connection.scope["path"].startswith("/api/"):
        return
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and _kind(connection) != "application/json":
        raise UnsupportedMediaType


def _kind(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return connection.headers.get("content-type", "").partition(";")[0].strip().lower()


def _who(connection: ASGIConnection[Any, Any, Any, Any], actor: Actor, limit: str) -> str:
    if limit == "ask_question" and actor.secret is not None:
        # Whoever reads the counters must not learn who asked at the minute of an anonymous question.
        return f"asker:{pseudonym(actor, 'limits').hex()}"
    return f"member:{actor.id}" if actor.id else f"address:{_address(connection)}"


def _address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return address_key(connection.client.host if connection.client else "")
