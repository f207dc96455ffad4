"""Which limits a request counts for, and the refusals of those that are used up."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request
from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope
from msgspec import Struct, structs

from core.actor import Actor
from core.errors import TooMany
from core.languages.texts import translatable
from gatherings.lanes.open_lanes import OpenLanes
from members.handles import normalize_handle
from members.pseudonyms import pseudonym
from tertulia.limits.limiter import Limiter, Use, address_key
from tertulia.limits.table import REQUEST, WRITE, Action, Limit, Table

# Forms count as the operation that they do; all other forms count as "write".
FORMS = {
    "/signin": "sign_in",
    "/register": "register",
    "/reset": "request_reset",
    "/verify": "verify",
    "/claim-admin": "found",
    "/settings/password": "change_password",
    "/settings/address": "change_address",
    "/settings/deletion": "request_erasure",
    "/settings/verification": "mail_again",
    "/admin/members/{handle}/erase": "request_account_erasure",
    "/admin/members/{handle}/password": "send_password_link",
    "/s/{slug}/new": "start_topic",
    "/t/{topic_id}/reply": "post_reply",
    "/p/{post_id}/reply": "post_reply",
    "/p/{post_id}/edit": "edit_post",
    "/p/{post_id}/back": "edit_post",
    "/p/{post_id}/flag": "flag_post",
    "/p/{post_id}/translation": "ask_for_translation",
    "/held/{post_id}": "edit_held_post",
    "/rules/new": "try_rule",
    "/flag/{what}/{object_id}": "flag_post",
    "/report": "send_report",
    "/decisions/{decision_id}/appeal": "make_appeal",
    "/report/{reference}/appeal": "appeal_report",
    "/p/set": "set_reaction",
    "/r/{room_id}/questions": "ask_question",
    "/r/{room_id}/act": "vote",
    "/r/{room_id}/polls/{poll_id}/ballot": "set_ballot",
    "/r/{room_id}/notices": "post_notice",
    "/r/{room_id}/board/{notice_id}/reply": "post_reply",
    "/r/{room_id}/board/{notice_id}/edit": "edit_post",
    "/r/{room_id}/board/act": "set_reaction",
}
# Where the state of a request has the uses that count if it is refused.
_IF_REFUSED = "uses_if_refused"
# Seconds by which an attempt to sign in is delayed if many people try the same name.
_DELAY = 2.0
# Not 429: who is asked to wait has not tried anything.
_REFUSED = frozenset(range(400, 500)) - {429}


class TooManyFromNetwork(TooMany):
    """Those at this address without an account have used up a limit, which one shares with everybody there (429)."""

    message = translatable(
        "There were too many requests from your network in a short time. You may share it with others. Nothing is lost: "
        "try again in a moment. If you are at an event, ask its hosts for the link for people on the same network."
    )


class RequestLimits:
    """Counts requests by the table; with `is_on=False` it allows everything."""

    def __init__(
        self, limiter: Limiter, table: Table, lanes: OpenLanes, lane_cookie: str, is_on: bool = True
    ) -> None:
        self.limiter = limiter
        self.table = table
        self.lanes = lanes
        self.lane_cookie = lane_cookie
        self.is_on = is_on

    async def count(
        self, request: Request[Any, Any, Any], handler: BaseRouteHandler, actor: Actor, writes: bool
    ) -> None:
        """Count a request; raise TooMany or TooManyFromNetwork with the seconds to wait if a limit is used up."""
        if not self.is_on:
            return
        name = self._action_name(request, handler, writes)
        row = self.table.get(name, Action())
        whose = await self._whose(request, actor, name)
        own = self._own_uses(name, whose, writes)
        uses = [*self._request_uses(whose, row.cost), *own]
        login = _login(await request.body()) if row.login else ""
        if row.login_at_address:
            uses.append(Use(name, f"login:{login}@{whose.at}", row.login_at_address))
        if exceeded := await self.limiter.count(uses):
            raise (TooManyFromNetwork if exceeded.use.who == whose.crowd else TooMany)(exceeded.wait)
        if row.login and await self.limiter.count([Use(name, f"login:{login}", row.login)]):
            # From many addresses: slowed and not refused, so that the owner is never locked out.
            await asyncio.sleep(_DELAY)
        if row.failed:
            request.scope["state"][_IF_REFUSED] = [structs.replace(use, count=row.failed) for use in own]

    async def charge_refused(self, message: Message, scope: Scope) -> None:
        """Count a refused attempt, such as a wrong password, as several; a hook that sees each message of a response."""
        if message["type"] != "http.response.start" or message["status"] not in _REFUSED:
            return
        if uses := scope.get("state", {}).pop(_IF_REFUSED, None):
            await self.limiter.charge(uses)

    def _action_name(self, request: Request[Any, Any, Any], handler: BaseRouteHandler, writes: bool) -> str:
        name = getattr(handler, "operation_id", None) or ""
        if writes:
            name = FORMS.get(request.scope.get("path_template", ""), name)
        return name if name in self.table else (WRITE if writes else "")

    async def _whose(self, request: Request[Any, Any, Any], actor: Actor, name: str) -> "_Whose":
        at = address_of(request)
        room = request.scope.get("path_params", {}).get("room_id")
        if name == "ask_question" and actor.secret is not None:
            # The counters must not reveal who asked in the minute of an anonymous question.
            member: str | None = f"asker:{pseudonym(actor, 'limits').hex()}"
            session = None
        else:
            member = f"member:{actor.id}" if actor.id else None
            session = f"session:{actor.session_id}" if actor.session_id else None
        key = request.scope.get("path_params", {}).get("lane_key") or request.cookies.get(self.lane_cookie)
        lane = await self.lanes.find(str(key)) if key else None
        return _Whose(
            at=at,
            member=member,
            session=session,
            crowd=f"address:{at}" if lane is None else f"lane:{lane}@{at}",
            has_lane=lane is not None,
            room=None if room is None else f"room:{room}",
        )

    def _request_uses(self, whose: "_Whose", cost: int) -> list[Use]:
        """Return the uses of the limits that every request counts for."""
        row = self.table[REQUEST]
        if whose.member is None:
            limit = _crowd_limit(row.lane, row.address, whose)
            return [Use(REQUEST, whose.crowd, limit, cost)] if limit and cost else []
        pairs = ((whose.session, row.session), (whose.member, row.member))
        return [Use(REQUEST, who, limit, cost) for who, limit in pairs if who and limit and cost]

    def _own_uses(self, name: str, whose: "_Whose", writes: bool) -> list[Use]:
        """Return the uses of the limits of the action itself; of all writes, if it has none for this actor."""
        for action in (name, WRITE) if writes and name else (name,):
            if row := self.table.get(action):
                crowd = _crowd_limit(row.lane, row.address, whose)
                found = []
                if whose.member and row.member:
                    found.append(Use(action, whose.member, row.member))
                elif crowd:
                    found.append(Use(action, whose.crowd, crowd))
                if whose.room and row.room:
                    found.append(Use(action, whose.room, row.room))
                if found:
                    return found
        return []


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the key of the address from which a request comes."""
    return address_key(request.client.host if request.client else "")


def _crowd_limit(lane: Limit | None, address: Limit | None, whose: "_Whose") -> Limit | None:
    return (lane or address) if whose.has_lane else address


def _login(body: bytes) -> str:
    """Return the normalized name that somebody signs in with, from JSON or a form."""
    try:
        login = msgspec.json.decode(body, type=_Login).login
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        login = parse_qs(body.decode("latin-1")).get("login", [""])[0]
    return normalize_handle(login)


class _Login(Struct):
    login: str


class _Whose(Struct, frozen=True, kw_only=True):
    """For whom a request counts; `crowd` are those without an account at one address, or with one lane."""

    at: str
    member: str | None
    session: str | None
    crowd: str
    has_lane: bool
    room: str | None
