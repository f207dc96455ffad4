"""Joining, signing in and out, proving an address, a new password: the pages before one is inside."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import Refusal
from core.http import status_of
from core.ids import SessionId
from members.accounts import accounts, credentials, passwords, sessions
from members.accounts.cookies import expired_cookie, session_cookie
from members.emails import mailed_links
from members.emails.translations import LANGUAGES, language_for
from members.shapes import (
    LinkToken,
    NewAccount,
    NewFounder,
    ResetPassword,
    ResetWanted,
    SignIn,
)
from pages.shell.context import PageContext
from pages.shell.forms import Form, Typed, read_form, text_in, to_shape
from pages.shell.language_names import LANGUAGE_NAMES
from pages.shell.renderer import go_to
from pages.shell.urls import safe_next

_JOIN = "Reading needs no account. Writing does: a handle, an address that we can reach you at, a password."
_FOUND = "You are the first here: this account will administer the community. The link works once."


@get("/signin", include_in_schema=False)
async def show_sign_in(context: NamedDependency[PageContext]) -> Response[bytes]:
    """The form to sign in."""
    onward = safe_next(context.request.query_params.get("next", "/"))
    form = Form(typed={"next": [onward]})
    return context.renderer.page(context.request, context.actor, "members/signin.html", form=form)


@post("/signin", include_in_schema=False)
async def sign_in(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Sign in, and go back to where one came from."""
    typed = await read_form(context.request)
    try:
        given = to_shape(SignIn, {"login": text_in(typed, "login"), "password": text_in(typed, "password")})
        return await _let_in(context, given.login, given.password, safe_next(text_in(typed, "next")))
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        form.kept = ""
        return context.renderer.page(
            context.request, context.actor, "members/signin.html", status_of(refusal), form=form
        )


@post("/signout", include_in_schema=False)
async def sign_out(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Sign out here."""
    if context.actor.id is not None:
        async with context.db.begin() as tx:
            await sessions.end_session(tx, context.actor, context.actor.session_id or SessionId(0))
    response = go_to("/", done="signed-out")
    response.set_cookie(expired_cookie(context.cookies))
    return response


@get("/register", include_in_schema=False)
async def show_register(context: NamedDependency[PageContext]) -> Response[bytes]:
    """The form to join."""
    return _account_page(context, Form(action="/register"))


@post("/register", include_in_schema=False)
async def register(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Join, and be signed in at once; writing waits for the link in the mail."""
    typed = await read_form(context.request)
    try:
        new = to_shape(NewAccount, _account(typed))
        accounts.ensure_good_password(new)
        sealed = await passwords.seal_secret(new.password)
        async with context.db.begin() as tx:
            await accounts.register(tx, new, sealed)
        return await _let_in(context, new.handle, new.password, "/settings", done="welcome")
    except Refusal as refusal:
        return _account_page(
            context, Form(action="/register", typed=typed).refuse(refusal), status_of(refusal)
        )


@get(["/claim-admin", "/claim-admin/{token:str}", "/found/{token:str}"], include_in_schema=False)
async def show_found(context: NamedDependency[PageContext], token: FromPath[str] = "") -> Response[bytes]:
    """The form that makes the first visitor administrator."""
    token = token or context.request.query_params.get("token", "")
    async with context.db.read() as tx:
        await mailed_links.ensure_link_valid(tx, token, "found")
    return _account_page(context, Form(action="/claim-admin", typed={"token": [token]}))


@post("/claim-admin", include_in_schema=False)
async def found(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Make the first administrator."""
    typed = await read_form(context.request)
    try:
        new = to_shape(NewFounder, {**_account(typed), "token": text_in(typed, "token")})
        accounts.ensure_good_password(new)
        async with context.db.read() as tx:
            await mailed_links.ensure_link_valid(tx, new.token, "found")
        sealed = await passwords.seal_secret(new.password)
        async with context.db.begin() as tx:
            await accounts.create_founder(tx, new.token, new, sealed)
        return await _let_in(context, new.handle, new.password, "/admin")
    except Refusal as refusal:
        return _account_page(
            context, Form(action="/claim-admin", typed=typed).refuse(refusal), status_of(refusal)
        )


@get(["/verify", "/verify/{token:str}"], include_in_schema=False)
async def show_verify(context: NamedDependency[PageContext], token: FromPath[str] = "") -> Response[bytes]:
    """Asks before the link is spent: programs that look into mails follow links, too."""
    token = token or context.request.query_params.get("token", "")
    form = Form(action="/verify", verb="Confirm the address", typed={"token": [token]})
    lines = ["Press the button, and the address counts as yours."]
    return _message(context, "Confirm your address", lines, form=form)


@post("/verify", include_in_schema=False)
async def verify(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Prove an address with the token of the mailed link."""
    typed = await read_form(context.request)
    try:
        spent = to_shape(LinkToken, {"token": text_in(typed, "token")})
        async with context.db.begin() as tx:
            await accounts.verify_address(tx, spent.token)
    except Refusal as refusal:
        onward = (
            ("/settings", "Ask for a new link") if context.actor.id else ("/signin?next=/settings", "Sign in")
        )
        return _message(context, "This did not work", [refusal.detail], status_of(refusal), onward=onward)
    return go_to("/" if context.actor.id else "/signin", done="verified")


@get(["/reset", "/reset/{token:str}"], include_in_schema=False)
async def show_reset(context: NamedDependency[PageContext], token: FromPath[str] = "") -> Response[bytes]:
    """The form that asks for a link, or with the link the form that sets the password."""
    token = token or context.request.query_params.get("token", "")
    form = Form(typed={"token": [token]} if token else {})
    return context.renderer.page(context.request, context.actor, "members/reset.html", form=form)


@post("/reset", include_in_schema=False)
async def request_reset(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Have a link mailed; or set the password with it."""
    typed = await read_form(context.request)
    try:
        if token := text_in(typed, "token"):
            return await _set_password(context, token, typed)
        wanted = to_shape(ResetWanted, {"email": text_in(typed, "email").strip()})
        async with context.db.begin() as tx:
            await mailed_links.request_link(tx, "reset", credentials.normalize_address(wanted.email))
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        form.kept = ""
        return context.renderer.page(
            context.request, context.actor, "members/reset.html", status_of(refusal), form=form
        )
    return go_to("/signin", done="reset")


async def _set_password(context: PageContext, token: str, typed: Typed) -> Response[bytes]:
    wanted = to_shape(ResetPassword, {"password": text_in(typed, "password")})
    passwords.ensure_not_common(wanted.password)
    async with context.db.read() as tx:
        await mailed_links.ensure_link_valid(tx, token, "reset")
    sealed = await passwords.seal_secret(wanted.password)
    async with context.db.begin() as tx:
        await credentials.reset_password(tx, token, sealed)
    return go_to("/signin", done="new-password")


def _account(typed: Typed) -> dict[str, str | None]:
    facts: dict[str, str | None] = {name: text_in(typed, name).strip() for name in ("handle", "email")}
    facts["password"] = text_in(typed, "password")
    facts["letters_in"] = text_in(typed, "letters_in") or None
    facts["display_name"] = text_in(typed, "display_name").strip() or None
    return facts


def _account_page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    is_first = form.action == "/claim-admin"
    if "handle" not in form.typed:
        suggested = language_for(context.request.headers.get("accept-language", ""))
        form.typed = {**form.typed, "letters_in": [suggested or ""]}
    return context.renderer.page(
        context.request,
        context.actor,
        "members/register.html",
        status,
        form=form,
        letters=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        heading="Administer this community" if is_first else "Join",
        lede=_FOUND if is_first else _JOIN,
        verb="Make the account" if is_first else "Join",
    )


def _message(
    context: PageContext,
    heading: str,
    lines: list[str],
    status: int = 200,
    form: Form | None = None,
    onward: tuple[str, str] | None = None,
) -> Response[bytes]:
    facts = {"heading": heading, "lines": lines, "form": form, "onward": onward}
    return context.renderer.page(context.request, context.actor, "shell/message.html", status, **facts)


async def _let_in(
    context: PageContext, login: str, password: str, address: str, done: str = ""
) -> Response[bytes]:
    """Sign in and go on; whatever session came along ends."""
    known = await credentials.authenticate(context.db, login, password)
    async with context.db.begin() as tx:
        agent = context.request.headers.get("user-agent", "")
        token = await credentials.sign_in(tx, context.actor, known, agent)
    response = go_to(address, done)
    response.set_cookie(session_cookie(token, context.cookies))
    return response


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
