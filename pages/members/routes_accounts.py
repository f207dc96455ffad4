"""Pages for registering, signing in and out, confirming an e-mail address, and resetting a password."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import Refusal, every_refusal
from core.http import status_of
from core.ids import MemberId, SessionId
from core.languages.languages import languages
from core.languages.texts import gettext, pgettext, translatable
from members.accounts import accounts, credentials, passwords, sessions
from members.accounts.consents import ensure_accepted
from members.accounts.cookies import (
    LANGUAGE_COOKIE,
    SEEN_PAGES_COOKIE,
    expired_cookie,
    preference_cookie,
    session_cookie,
)
from members.accounts.credentials import AuthenticatedMember
from members.emails import mailed_links
from members.emails.translations import LANGUAGES, language_for
from members.handles import validate_handle
from members.profiles import profiles
from members.shapes import (
    LinkToken,
    NewAccount,
    NewFounder,
    ResetPassword,
    ResetWanted,
    SignIn,
)
from members.tokens import new_secret
from pages.members.account_fields import account_in
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, Typed, form_of, read_form, submit, text_in, to_shape
from pages.shell.language_names import LANGUAGE_NAMES
from pages.shell.renderer import redirect
from pages.shell.urls import page_of, safe_next, sign_in_address

_JOIN_LEDE = translatable(
    "You can read without an account. To write, you need a handle, an e-mail address and a password."
)
_FOUNDER_LEDE = translatable(
    "This account will be the first administrator of the community. The link works once."
)


@get("/signin", include_in_schema=False)
async def show_sign_in(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the sign-in form."""
    form = Form(typed={"next": [safe_next(context.request.query_params.get("next", "/"))]})
    return context.renderer.page(context.request, context.actor, "members/signin.html", form=form)


@post("/signin", include_in_schema=False)
async def sign_in(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Sign in, and redirect to the page from which the member came."""

    async def check(form: Form) -> Response[bytes]:
        given = to_shape(
            SignIn, {"login": text_in(form.typed, "login"), "password": text_in(form.typed, "password")}
        )
        known = await credentials.authenticate(context.db, given.login, given.password)
        return await _start_session(context, known, safe_next(text_in(form.typed, "next")))

    return await submit(
        await form_of(context), check, partial(_short_form, context, "members/signin.html"), NO_STATUS
    )


@post("/signout", include_in_schema=False)
async def sign_out(context: NamedDependency[PageContext]) -> Response[bytes]:
    """End the current session."""
    if context.actor.id is not None:
        async with context.db.begin() as tx:
            await sessions.end_session(tx, context.actor, context.actor.session_id or SessionId(0))
    response = redirect("/", done="signed-out")
    response.set_cookie(expired_cookie(context.cookies))
    return response


@get("/register", include_in_schema=False)
async def show_register(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the registration form."""
    onward = safe_next(context.request.query_params.get("next", "/"))
    return _account_page(context, Form(action="/register", typed={"next": [onward]}))


@post("/register", include_in_schema=False)
async def register(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Create an account and sign in; the member can write after confirming the e-mail address."""

    async def create(form: Form) -> Response[bytes]:
        given = account_in(form.typed)
        with every_refusal() as each:
            with each.check():
                new = to_shape(NewAccount, given)
                accounts.ensure_good_password(new)
            with each.check():
                validate_handle(str(given["handle"]))
            async with context.db.read() as tx:
                await ensure_accepted(tx, bool(given["accepted"]))
        secret = new_secret()
        sealed = await passwords.seal_secret(new.password, secret)
        async with context.db.begin() as tx:
            me = await accounts.join(tx, new, sealed, page_of(text_in(form.typed, "next")))
        known = AuthenticatedMember(MemberId(me.id), sealed.password_hash, secret)
        onward = page_of(text_in(form.typed, "next")) or "/settings"
        response = await _start_session(context, known, onward, done="welcome")
        response.set_cookie(
            preference_cookie(SEEN_PAGES_COOKIE, str(context.renderer.pages_stamp), context.cookies)
        )
        return response

    form = Form(action="/register", typed=await read_form(context.request))
    return await submit(form, create, partial(_account_page_again, context), NO_STATUS)


@get(["/claim-admin", "/claim-admin/{token:str}", "/found/{token:str}"], include_in_schema=False)
async def show_found(context: NamedDependency[PageContext], token: FromPath[str] = "") -> Response[bytes]:
    """Show the form that creates the first administrator; raise LinkInvalid."""
    token = token or context.request.query_params.get("token", "")
    async with context.db.read() as tx:
        await mailed_links.ensure_link_valid(tx, token, "found")
    return _account_page(context, Form(action="/claim-admin", typed={"token": [token]}))


@post("/claim-admin", include_in_schema=False)
async def found(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Create the first administrator and sign in."""

    async def create(form: Form) -> Response[bytes]:
        given = account_in(form.typed) | {"token": text_in(form.typed, "token")}
        with every_refusal() as each:
            with each.check():
                new = to_shape(NewFounder, given)
                accounts.ensure_good_password(new)
            validate_handle(str(given["handle"]))
        async with context.db.read() as tx:
            await mailed_links.ensure_link_valid(tx, new.token, "found")
        secret = new_secret()
        sealed = await passwords.seal_secret(new.password, secret)
        async with context.db.begin() as tx:
            me = await accounts.create_founder(tx, new.token, new, sealed)
        known = AuthenticatedMember(MemberId(me.id), sealed.password_hash, secret)
        return await _start_session(context, known, "/admin")

    form = Form(action="/claim-admin", typed=await read_form(context.request))
    return await submit(form, create, partial(_account_page_again, context), NO_STATUS)


@get(["/verify", "/verify/{token:str}"], include_in_schema=False)
async def show_verify(context: NamedDependency[PageContext], token: FromPath[str] = "") -> Response[bytes]:
    """Show a button that confirms the address: opening the link is not enough, since mail scanners open links."""
    token = token or context.request.query_params.get("token", "")
    form = Form(action="/verify", verb=gettext("Confirm e-mail address"), typed={"token": [token]})
    async with context.db.read() as tx:
        account = await mailed_links.find_account_of_link(tx, token, "verify")
    lines = [gettext("Press the button to confirm that this e-mail address is yours.")]
    if account is not None:
        # Somebody else may have entered the address for an account of their own.
        lines = [
            gettext(
                "The account @%(handle)s wants to use the e-mail address %(address)s.",
                handle=account[0],
                address=account[1],
            ),
            gettext(
                "Press the button only if this is your account. If you do not know it, close this page: nothing happens."
            ),
        ]
    return _message_page(context, gettext("Confirm your e-mail address"), lines, form=form)


@post("/verify", include_in_schema=False)
async def verify(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Confirm an e-mail address with the token of the mailed link."""
    typed = await read_form(context.request)
    try:
        spent = to_shape(LinkToken, {"token": text_in(typed, "token")})
        async with context.db.begin() as tx:
            onward = page_of(await accounts.verify_address(tx, spent.token))
    except Refusal as refusal:
        link = ("/signin?next=/settings", gettext("Sign in"))
        if context.actor.id:
            link = ("/settings", gettext("Request a new link"))
        heading = gettext("The link did not work")
        return _message_page(context, heading, [refusal.detail], status_of(refusal), onward=link)
    return redirect((onward or "/") if context.actor.id else sign_in_address(onward), done="verified")


@get(["/reset", "/reset/{token:str}"], include_in_schema=False)
async def show_reset(context: NamedDependency[PageContext], token: FromPath[str] = "") -> Response[bytes]:
    """Show the form that requests a reset link or, with a token, the form that sets the new password."""
    token = token or context.request.query_params.get("token", "")
    form = Form(typed={"token": [token]} if token else {})
    return context.renderer.page(context.request, context.actor, "members/reset.html", form=form)


@post("/reset", include_in_schema=False)
async def request_reset(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Request a reset link by e-mail or, with a token, set the new password."""

    async def request_or_set(form: Form) -> Response[bytes]:
        if token := text_in(form.typed, "token"):
            return await _set_password(context, token, form.typed)
        wanted = to_shape(ResetWanted, {"email": text_in(form.typed, "email").strip()})
        async with context.db.begin() as tx:
            await mailed_links.request_link(tx, "reset", credentials.normalize_address(wanted.email))
        return redirect("/signin", done="reset")

    page = partial(_short_form, context, "members/reset.html")
    return await submit(await form_of(context), request_or_set, page, NO_STATUS)


async def _short_form(context: PageContext, template: str, form: Form, status: int) -> Response[bytes]:
    # These forms have one or two fields, of which the password is never shown again: no word about what was kept.
    form.kept = ""
    return context.renderer.page(context.request, context.actor, template, status, form=form)


async def _set_password(context: PageContext, token: str, typed: Typed) -> Response[bytes]:
    wanted = to_shape(ResetPassword, {"password": text_in(typed, "password")})
    passwords.ensure_not_common(wanted.password)
    async with context.db.read() as tx:
        await mailed_links.ensure_link_valid(tx, token, "reset")
    sealed = await passwords.seal_secret(wanted.password)
    async with context.db.begin() as tx:
        await credentials.reset_password(tx, token, sealed)
    return redirect("/signin", done="new-password")


async def _account_page_again(context: PageContext, form: Form, status: int) -> Response[bytes]:
    return _account_page(context, form, status)


def _account_page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    is_first = form.action == "/claim-admin"
    if "handle" not in form.typed:
        asked = context.request.headers.get("accept-language", "")
        suggested = context.request.cookies.get(LANGUAGE_COOKIE) or language_for(asked)
        form.typed = {**form.typed, "letters_in": [suggested or ""]}
    return context.renderer.page(
        context.request,
        context.actor,
        "members/register.html",
        status,
        form=form,
        to_accept=[] if is_first else context.renderer.pages_to_accept,
        letters=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        heading=gettext("Create the first administrator") if is_first else pgettext("verb", "Join"),
        lede=gettext(_FOUNDER_LEDE) if is_first else gettext(_JOIN_LEDE),
        verb=gettext("Create account") if is_first else pgettext("verb", "Join"),
    )


def _message_page(
    context: PageContext,
    heading: str,
    lines: list[str],
    status: int = 200,
    form: Form | None = None,
    onward: tuple[str, str] | None = None,
) -> Response[bytes]:
    facts = {"heading": heading, "lines": lines, "form": form, "onward": onward}
    return context.renderer.page(context.request, context.actor, "shell/message.html", status, **facts)


async def _start_session(
    context: PageContext, known: AuthenticatedMember, address: str, done: str = ""
) -> Response[bytes]:
    """Start a session and redirect; a session of the request ends."""
    async with context.db.begin() as tx:
        agent = context.request.headers.get("user-agent", "")
        token = await credentials.sign_in(tx, context.actor, known, agent)
        chosen = context.request.cookies.get(LANGUAGE_COOKIE, "")
        if chosen in languages():
            await profiles.take_over_language(tx, known.member_id, chosen)
    response = redirect(address, done)
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
