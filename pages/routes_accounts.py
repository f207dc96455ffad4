"""Joining, signing in and out, proving an address, a new password: the pages before one is inside."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from core.actor import Actor
from core.errors import Refusal
from core.http import status_of
from core.ids import SessionId
from members import accounts, credentials, links, passwords, sessions
from members.cookies import CookieRules, ended_cookie, session_cookie
from members.shapes import (
    LinkSpent,
    NewAccount,
    NewFounder,
    ResetPassword,
    ResetWanted,
    SignIn,
)
from members.words import LANGUAGES, language_for
from pages.addresses import safe_next
from pages.forms import Form, Typed, read_form, text_in, to_shape
from pages.press import AnyRequest, Press, go_to
from pages.routes_members import LANGUAGE_NAMES
from storage.database import Database

_JOIN = "Reading needs no account. Writing does: a handle, an address that we can reach you at, a password."
_FOUND = "You are the first here: this account will administer the community. The link works once."


class Door(Struct, frozen=True):
    """What all these pages need: who is there, through what, with which press and which cookies."""

    request: AnyRequest
    actor: Actor
    db: Database
    press: Press
    cookies: CookieRules

    async def let_in(self, login: str, password: str, address: str, done: str = "") -> Response[bytes]:
        """Sign in and go on; whatever session came along ends."""
        known = await credentials.recognise(self.db, login, password)
        async with self.db.begin() as tx:
            agent = self.request.headers.get("user-agent", "")
            token = await credentials.sign_in(tx, self.actor, known, agent)
        response = go_to(address, done)
        response.set_cookie(session_cookie(token, self.cookies))
        return response


def provide_door(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
    cookie_rules: NamedDependency[CookieRules],
) -> Door:
    """The door of one request."""
    return Door(request, actor, db, press, cookie_rules)


@get("/signin", include_in_schema=False)
async def show_sign_in(door: NamedDependency[Door]) -> Response[bytes]:
    """The form to sign in."""
    onward = safe_next(door.request.query_params.get("next", "/"))
    form = Form(typed={"next": [onward]})
    return door.press.page(door.request, door.actor, "signin.html", form=form)


@post("/signin", include_in_schema=False)
async def sign_in(door: NamedDependency[Door]) -> Response[bytes]:
    """Sign in, and go back to where one came from."""
    typed = await read_form(door.request)
    try:
        given = to_shape(SignIn, {"login": text_in(typed, "login"), "password": text_in(typed, "password")})
        return await door.let_in(given.login, given.password, safe_next(text_in(typed, "next")))
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        form.kept = ""
        return door.press.page(door.request, door.actor, "signin.html", status_of(refusal), form=form)


@post("/signout", include_in_schema=False)
async def sign_out(door: NamedDependency[Door]) -> Response[bytes]:
    """Sign out here."""
    if door.actor.id is not None:
        async with door.db.begin() as tx:
            await sessions.end_session(tx, door.actor, door.actor.session_id or SessionId(0))
    response = go_to("/", done="signed-out")
    response.set_cookie(ended_cookie(door.cookies))
    return response


@get("/register", include_in_schema=False)
async def show_register(door: NamedDependency[Door]) -> Response[bytes]:
    """The form to join."""
    return _account_page(door, Form(action="/register"))


@post("/register", include_in_schema=False)
async def register(door: NamedDependency[Door]) -> Response[bytes]:
    """Join, and be signed in at once; writing waits for the link in the mail."""
    typed = await read_form(door.request)
    try:
        new = to_shape(NewAccount, _account(typed))
        accounts.ensure_good_password(new)
        sealed = await passwords.seal_secret(new.password)
        async with door.db.begin() as tx:
            await accounts.register(tx, new, sealed)
        return await door.let_in(new.handle, new.password, "/settings", done="welcome")
    except Refusal as refusal:
        return _account_page(door, Form(action="/register", typed=typed).refuse(refusal), status_of(refusal))


@get(["/claim-admin", "/claim-admin/{token:str}", "/found/{token:str}"], include_in_schema=False)
async def show_found(door: NamedDependency[Door], token: FromPath[str] = "") -> Response[bytes]:
    """The form that makes the first visitor administrator."""
    token = token or door.request.query_params.get("token", "")
    async with door.db.read() as tx:
        await links.ensure_good(tx, token, "found")
    return _account_page(door, Form(action="/claim-admin", typed={"token": [token]}))


@post("/claim-admin", include_in_schema=False)
async def found(door: NamedDependency[Door]) -> Response[bytes]:
    """Make the first administrator."""
    typed = await read_form(door.request)
    try:
        new = to_shape(NewFounder, {**_account(typed), "token": text_in(typed, "token")})
        accounts.ensure_good_password(new)
        async with door.db.read() as tx:
            await links.ensure_good(tx, new.token, "found")
        sealed = await passwords.seal_secret(new.password)
        async with door.db.begin() as tx:
            await accounts.found_community(tx, new.token, new, sealed)
        return await door.let_in(new.handle, new.password, "/admin")
    except Refusal as refusal:
        return _account_page(
            door, Form(action="/claim-admin", typed=typed).refuse(refusal), status_of(refusal)
        )


@get(["/verify", "/verify/{token:str}"], include_in_schema=False)
async def show_verify(door: NamedDependency[Door], token: FromPath[str] = "") -> Response[bytes]:
    """Asks before the link is spent: programs that look into mails follow links, too."""
    token = token or door.request.query_params.get("token", "")
    form = Form(action="/verify", verb="Confirm the address", typed={"token": [token]})
    lines = ["Press the button, and the address counts as yours."]
    return _message(door, "Confirm your address", lines, form=form)


@post("/verify", include_in_schema=False)
async def verify(door: NamedDependency[Door]) -> Response[bytes]:
    """Prove an address with the token of the mailed link."""
    typed = await read_form(door.request)
    try:
        spent = to_shape(LinkSpent, {"token": text_in(typed, "token")})
        async with door.db.begin() as tx:
            await accounts.spend_verification(tx, spent.token)
    except Refusal as refusal:
        onward = (
            ("/settings", "Ask for a new link") if door.actor.id else ("/signin?next=/settings", "Sign in")
        )
        return _message(door, "This did not work", [refusal.detail], status_of(refusal), onward=onward)
    return go_to("/" if door.actor.id else "/signin", done="verified")


@get(["/reset", "/reset/{token:str}"], include_in_schema=False)
async def show_reset(door: NamedDependency[Door], token: FromPath[str] = "") -> Response[bytes]:
    """The form that asks for a link, or with the link the form that sets the password."""
    token = token or door.request.query_params.get("token", "")
    form = Form(typed={"token": [token]} if token else {})
    return door.press.page(door.request, door.actor, "reset.html", form=form)


@post("/reset", include_in_schema=False)
async def request_reset(door: NamedDependency[Door]) -> Response[bytes]:
    """Have a link mailed; or set the password with it."""
    typed = await read_form(door.request)
    try:
        if token := text_in(typed, "token"):
            return await _set_password(door, token, typed)
        wanted = to_shape(ResetWanted, {"email": text_in(typed, "email").strip()})
        async with door.db.begin() as tx:
            await links.ask_link(tx, "reset", credentials.fold_address(wanted.email))
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        form.kept = ""
        return door.press.page(door.request, door.actor, "reset.html", status_of(refusal), form=form)
    return go_to("/signin", done="reset")


async def _set_password(door: Door, token: str, typed: Typed) -> Response[bytes]:
    wanted = to_shape(ResetPassword, {"password": text_in(typed, "password")})
    passwords.ensure_not_common(wanted.password)
    async with door.db.read() as tx:
        await links.ensure_good(tx, token, "reset")
    sealed = await passwords.seal_secret(wanted.password)
    async with door.db.begin() as tx:
        await credentials.reset_password(tx, token, sealed)
    return go_to("/signin", done="new-password")


def _account(typed: Typed) -> dict[str, str | None]:
    facts: dict[str, str | None] = {name: text_in(typed, name).strip() for name in ("handle", "email")}
    facts["password"] = text_in(typed, "password")
    facts["letters_in"] = text_in(typed, "letters_in") or None
    facts["display_name"] = text_in(typed, "display_name").strip() or None
    return facts


def _account_page(door: Door, form: Form, status: int = 200) -> Response[bytes]:
    is_first = form.action == "/claim-admin"
    if "handle" not in form.typed:
        suggested = language_for(door.request.headers.get("accept-language", ""))
        form.typed = {**form.typed, "letters_in": [suggested or ""]}
    return door.press.page(
        door.request,
        door.actor,
        "register.html",
        status,
        form=form,
        letters=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        heading="Administer this community" if is_first else "Join",
        lede=_FOUND if is_first else _JOIN,
        verb="Make the account" if is_first else "Join",
    )


def _message(
    door: Door,
    heading: str,
    lines: list[str],
    status: int = 200,
    form: Form | None = None,
    onward: tuple[str, str] | None = None,
) -> Response[bytes]:
    facts = {"heading": heading, "lines": lines, "form": form, "onward": onward}
    return door.press.page(door.request, door.actor, "message.html", status, **facts)


routes = [
    show_sign_in,
    sign_in,
    sign_out,
    show_register,
    register,
    show_found,
    found,
    show_verify,
    verify,
    show_reset,
    request_reset,
]
