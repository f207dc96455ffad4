"""A member's own settings."""

from collections.abc import Mapping
from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import every_refusal
from core.ids import SessionId
from core.languages.texts import current_language, gettext, translatable
from members.accounts import accounts, credentials, feed_keys, passwords, sessions
from members.emails.translations import LANGUAGES
from members.profiles import profiles
from members.profiles.countries import countries_in
from members.profiles.pictures import has_picture
from members.profiles.trust import permissions_of
from members.shapes import Me, NewAddress, NewPassword, ProfileChange
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    form_of,
    number_in,
    read_form,
    submit,
    text_in,
    to_shape,
)
from pages.shell.language_names import LANGUAGE_NAMES, name_of_language
from pages.shell.renderer import redirect

_LISTS = ("sectors", "stages", "materials", "languages", "public")
_LINES = ("display_name", "organisation", "about")
_ONE_OF = ("stakeholder_group", "country", "letters_in")
_CROPS = (
    ("middle", translatable("Its middle")),
    ("start", translatable("Its top or left side")),
    ("end", translatable("Its bottom or right side")),
)
_PUBLIC = (
    ("stakeholder_group", translatable("Stakeholder group")),
    ("organisation", translatable("Organisation")),
    ("country", translatable("Country")),
    ("sectors", translatable("Sectors of interest")),
    ("stages", translatable("Stages of the value chain")),
    ("materials", translatable("Materials")),
    ("languages", translatable("Languages")),
    ("about", translatable("About you")),
)


@get("/settings", include_in_schema=False)
async def show_settings(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the settings: profile, password, e-mail address, sessions, feed key and data."""
    return await _settings(context, {})


@post("/settings/profile", include_in_schema=False)
async def change_profile(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change the member's profile."""

    async def change(form: Form) -> Response[bytes]:
        wanted = to_shape(ProfileChange, _profile_in(form.typed))
        profiles.ensure_addresses_allowed(permissions_of(context.trust, context.actor), wanted)
        async with context.db.begin() as tx:
            await profiles.change_profile(tx, context.actor, wanted, context.taxonomies)
        return redirect("/settings", done="profile")

    return await submit(await form_of(context), change, partial(settings_with, context, "profile"), NO_STATUS)


@post("/settings/password", include_in_schema=False)
async def change_password(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change the member's password."""
    actor = context.actor

    async def change(form: Form) -> Response[bytes]:
        facts = {name: text_in(form.typed, name) for name in ("current", "new")}
        with every_refusal() as each:
            with each.check():
                wanted = to_shape(NewPassword, facts)
                passwords.ensure_not_common(wanted.new, actor.handle or "", field="new")
            known = await credentials.reauthenticate(context.db, actor, facts["current"], "current")
        sealed = await passwords.seal_secret(wanted.new, known.secret)
        async with context.db.begin() as tx:
            await credentials.change_password(tx, actor, known, sealed)
        return redirect("/settings", done="password")

    return await submit(
        await form_of(context), change, partial(settings_with, context, "password"), NO_STATUS
    )


@post("/settings/address", include_in_schema=False)
async def change_address(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Send a link to a new e-mail address; opening it changes the address."""

    async def change(form: Form) -> Response[bytes]:
        typed = form.typed
        facts = {"email": text_in(typed, "email").strip(), "password": text_in(typed, "own_password")}
        with every_refusal() as each:
            with each.check():
                wanted = to_shape(NewAddress, facts)
            await credentials.reauthenticate(context.db, context.actor, facts["password"], "own_password")
        async with context.db.begin() as tx:
            await accounts.change_address(tx, context.actor, wanted.email)
        return redirect("/settings", done="address")

    form = await form_of(context)
    form.names = {"password": "own_password"}
    return await submit(form, change, partial(settings_with, context, "address"), NO_STATUS)


@post("/settings/verification", include_in_schema=False)
async def resend_verification(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Send the link that confirms the e-mail address again."""
    async with context.db.begin() as tx:
        await accounts.request_verification(tx, context.actor)
    return redirect("/settings", done="verification")


@post("/settings/sessions", include_in_schema=False)
async def end_session(context: NamedDependency[PageContext]) -> Response[bytes]:
    """End one session of the member, or all but the current one."""
    pressed = text_in(await read_form(context.request), "revoke")
    if pressed == "others":
        async with context.db.begin() as tx:
            await sessions.end_other_sessions(tx, context.actor)
        return redirect("/settings", done="sessions")
    session_id = number_in(pressed)
    if session_id is None:
        raise BadButton
    async with context.db.begin() as tx:
        await sessions.end_session(tx, context.actor, SessionId(session_id))
    return redirect("/settings", done="session")


@post("/settings/feeds", include_in_schema=False)
async def change_feed_key(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Create a feed key, which is shown once, or delete it."""
    context.actor.signed_in()
    pressed = text_in(await read_form(context.request), "do")
    if pressed not in ("make", "drop"):
        raise BadButton
    async with context.db.begin() as tx:
        if pressed == "drop":
            await feed_keys.delete_feed_key(tx, context.actor)
            return redirect("/settings", done="saved")
        key = await feed_keys.make_feed_key(tx, context.actor)
    return await _settings(context, {}, feed_key=key)


async def settings_with(context: PageContext, name: str, form: Form, status: int) -> Response[bytes]:
    """Return the settings with one of their forms as it was refused."""
    return await _settings(context, {name: form}, status)


async def _settings(
    context: PageContext, forms: Mapping[str, Form], status: int = 200, feed_key: str = ""
) -> Response[bytes]:
    community = context.renderer.community
    async with context.db.read() as tx:
        me = await profiles.read_member(tx, context.actor.signed_in())
        open_sessions = await sessions.read_sessions(tx, context.actor)
        has_stored_picture = await has_picture(tx, context.actor.signed_in())
        has_feed_key = await feed_keys.has_feed_key(tx, context.actor.signed_in())
    return context.renderer.page(
        context.request,
        context.actor,
        "members/settings.html",
        status,
        email=me.email or "",
        failing_address=me.failing_address,
        picture=forms.get("picture") or Form(),
        has_picture=has_stored_picture,
        crops=[(key, gettext(words)) for key, words in _CROPS],
        profile=forms.get("profile") or Form(typed=_typed_of(me)),
        password=forms.get("password") or Form(),
        address=forms.get("address") or Form(),
        sessions=open_sessions.items,
        groups=community.groups,
        countries=countries_in(current_language()),
        stages=community.stages,
        materials=community.materials,
        languages=[(code, name_of_language(code)) for code in community.languages],
        letters=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        publics=[(key, gettext(words)) for key, words in _PUBLIC],
        feed_key=feed_key,
        has_feed_key=has_feed_key,
    )


def _typed_of(me: Me) -> dict[str, list[str]]:
    typed: dict[str, list[str]] = {"post_order": [me.post_order]}
    typed |= {name: [getattr(me, name) or ""] for name in (*_LINES, *_ONE_OF)}
    typed.update({name: list(getattr(me, name)) for name in _LISTS})
    return typed


def _profile_in(typed: Typed) -> dict[str, object]:
    facts: dict[str, object] = {name: text_in(typed, name).strip() for name in _LINES}
    facts.update({name: text_in(typed, name) or None for name in _ONE_OF})
    facts.update({name: list(typed.get(name, ())) for name in _LISTS})
    if text_in(typed, "post_order"):
        facts["post_order"] = text_in(typed, "post_order")
    return facts


routes = [
    change_feed_key,
    show_settings,
    change_profile,
    change_password,
    change_address,
    resend_verification,
    end_session,
]
