"""The context of each HTTP request: its actor and origin, checked before the route runs, and its rate limit."""

import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from core import clock
from core.actor import VISITOR, Actor, Suspended
from core.errors import Denied, Invalid, Malformed, NotFound, SignInFirst, UnsupportedMediaType
from core.languages.texts import translatable
from members.accounts.cookies import cookie_name
from members.accounts.sessions import find_actor
from serving.litestar_parameters import QUERY_PARAMETERS
from storage.database import Database
from storage.idempotency import KEY_LENGTH, IdempotentRequest, fingerprint
from tertulia.http.languages import speak_language_of
from tertulia.http.rate_limits import RequestLimits, address_of
from tertulia.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What suspended members can still send: appeals and reports, and changes that keep their account secure or delete it.
_OPEN_TO_SUSPENDED = re.compile(
    r"(/api/v1)?/(language|decisions/\d+/appeal|reports?(/.*)?|sessions(/.*)?|signin|signout|reset(/.*)?|verify(/.*)?"
    r"|(me|settings)/(password|address|sessions|verification)(/.*)?|me/verification-mail|address-verifications"
    r"|password-resets(/.*)?|me/erasure|settings/deletion(/.*)?|live/tickets|inbox(/.*)?|drafts/.*|topics/\d+/reading)"
)
# Media types of forms, which a page of another site can send without a CORS preflight.
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class ForeignOrigin(Denied):
    """A page of another site tried to write with a member's cookie."""

    message = translatable("This came from another site.")


class BadIdempotencyKey(Malformed):
    """The Idempotency-Key is empty, too long or not printable ASCII."""

    message = translatable("An Idempotency-Key has 1 to 255 printable characters.")


class BadQuery(Malformed):
    """The query of the address cannot be decoded."""

    message = translatable("This address contains something that is no text.")


class UnknownParameter(Invalid):
    """The query has a parameter that the route of the API does not take; ignoring it would answer another question."""

    message = translatable("This address takes no parameter with this name. Nothing was done. It takes none.")

    @classmethod
    def of(cls, name: str, known: Collection[str]) -> "UnknownParameter":
        """Return the refusal of a parameter, with the names of those that the route takes."""
        if not known:
            return cls(field=name[:100])
        message = translatable(
            "This address takes no parameter with this name. Nothing was done. It takes: %(names)s."
        )
        return cls(message, field=name[:100], names=", ".join(sorted(known)))


RequestGuard = Callable[[Request[Any, Any, Any], BaseRouteHandler], Any]


def make_request_guard(settings: Settings, db: Database, limits: RequestLimits) -> RequestGuard:
    """Return the check that runs before every route: it refuses requests, or stores the actor in the state of the
    request."""
    cookie = cookie_name(settings.is_secure)

    async def guard(connection: Request[Any, Any, Any], handler: BaseRouteHandler) -> None:
        _refuse_nul(connection)
        _refuse_unknown_parameters(connection, handler)
        if handler.opt.get("public"):
            connection.scope["state"]["actor"] = VISITOR
            return
        token, by_cookie = _session_token(connection, cookie)
        writes = connection.scope["method"] not in SAFE
        if writes and not _has_allowed_origin(connection, settings.allowed_origins, by_cookie):
            raise ForeignOrigin
        if writes:
            _ensure_json(connection)
        actor = VISITOR
        if token is not None:
            async with db.read() as tx:
                actor = await find_actor(tx, token, clock.now()) or VISITOR
            if actor.id is None and not by_cookie:
                await limits.count(connection, handler, VISITOR, writes)
                raise SignInFirst
        if writes and actor.suspended_until and not _OPEN_TO_SUSPENDED.fullmatch(connection.scope["path"]):
            raise Suspended
        connection.scope["state"]["actor"] = actor
        speak_language_of(actor, connection.scope)
        await limits.count(connection, handler, actor, writes)

    return guard


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """Return the actor that the request guard has found."""
    actor: Actor = request.scope["state"]["actor"]
    return actor


async def provide_idempotent_request(request: Request[Any, Any, Any]) -> IdempotentRequest:
    """Return the Idempotency-Key of a write with its scope and fingerprint; raise BadIdempotencyKey."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return IdempotentRequest(scope="", key=None, fingerprint=b"")
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable() or not key.isascii():
        raise BadIdempotencyKey(field="Idempotency-Key")
    actor: Actor = request.scope["state"]["actor"]
    scope = f"member:{actor.id}" if actor.id else f"address:{address_of(request)}"
    route = f"{request.method} {request.url.path}"
    return IdempotentRequest(scope=scope, key=key, fingerprint=fingerprint(route, await request.body()))


def _session_token(connection: ASGIConnection[Any, Any, Any, Any], cookie: str) -> tuple[str | None, bool]:
    header = connection.headers.get("authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        return (token.strip() or None if kind.lower() == "bearer" else None), False
    return connection.cookies.get(cookie), True


def _has_allowed_origin(
    connection: ASGIConnection[Any, Any, Any, Any], origins: frozenset[str], by_cookie: bool
) -> bool:
    """Return whether a write comes from an allowed origin, as browsers report it; requests without a cookie always do."""
    if not by_cookie:
        return True
    origin = connection.headers.get("origin")
    if origin is not None:
        return origin.lower() in origins
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return not connection.cookies or _media_type(connection) not in FORM_TYPES


def _refuse_nul(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse NUL, which PostgreSQL cannot store: NotFound for one in the path, BadQuery for one in the query."""
    if "\0" in connection.scope["path"]:
        raise NotFound
    if b"%00" in connection.scope["query_string"]:
        raise BadQuery


def _refuse_unknown_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Raise UnknownParameter for a route of the API; pages ignore what other sites add to links, such as `utm_source`."""
    query: bytes = connection.scope["query_string"]
    known = handler.opt.get(QUERY_PARAMETERS)
    if known is None or not query:
        return
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise UnknownParameter.of(name, known)


def _ensure_json(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Raise UnsupportedMediaType unless a body for the API is JSON; a page of another site could send a form."""
    headers = connection.headers
    if not connection.scope["path"].startswith("/api/"):
        return
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and _media_type(connection) != "application/json":
        raise UnsupportedMediaType


def _media_type(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return connection.headers.get("content-type", "").partition(";")[0].strip().lower()
