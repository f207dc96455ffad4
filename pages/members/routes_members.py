"""A member's page, and one's own settings."""

from collections.abc import Mapping

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import Refusal
from core.http import status_of
from core.ids import SessionId
from forum.trust.trust import read_trust
from members.accounts import accounts, credentials, feed_keys, passwords, sessions
from members.emails.translations import LANGUAGES
from members.profiles import profiles
from members.profiles.countries import COUNTRIES
from members.profiles.trust import TrustRules
from members.shapes import Me, NewAddress, NewPassword, Profile, ProfileChange
from moderation.policy import can_judge_in
from moderation.sanctions.sanctions import read_member_sanctions
from pages.moderation.queue_view import ACTIONS
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, read_form, text_in, to_shape
from pages.shell.language_names import LANGUAGE_NAMES
from pages.shell.layout import Community
from pages.shell.renderer import go_to

_LISTS = ("sectors", "stages", "materials", "languages", "public")
_LINES = ("display_name", "organisation", "about")
_ONE_OF = ("stakeholder_group", "country", "letters_in")
_PUBLIC = (
    ("stakeholder_group", "Stakeholder group"),
    ("organisation", "Organisation"),
    ("country", "Country"),
    ("sectors", "Sectors of interest"),
    ("stages", "Stages of the value chain"),
    ("materials", "Materials"),
    ("languages", "Languages"),
    ("about", "About you"),
)


@get("/m/{handle:str}", include_in_schema=False)
async def show_member(
    handle: FromPath[str], context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """What everybody may know of a member."""
    async with context.db.read() as tx:
        found = await profiles.read_profile(tx, handle)
        standing = await read_trust(tx, trust, handle) if found.claimed else None
        is_entitled = context.actor.id is not None and (
            found.id == context.actor.id or can_judge_in(context.actor, None)
        )
        decided = (await read_member_sanctions(tx, context.actor, handle)).items if is_entitled else []
    facts = _facts(found, context.renderer.community)
    is_own = found.id == context.actor.id
    return context.renderer.page(
        context.request,
        context.actor,
        "members/profile.html",
        member=found,
        facts=facts,
        is_own=is_own,
        trust=standing,
        levels=trust.levels,
        sanctions=decided,
        actions=ACTIONS,
    )


@get("/settings", include_in_schema=False)
async def show_settings(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Profile, password, address, sessions."""
    return await _settings(context, {})


@post("/settings/profile", include_in_schema=False)
async def change_profile(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change what one says of oneself."""
    typed = await read_form(context.request)
    try:
        change = to_shape(ProfileChange, _profile(typed))
        async with context.db.begin() as tx:
            await profiles.change_profile(tx, context.actor, change, context.taxonomies)
    except Refusal as refusal:
        return await _settings(context, {"profile": Form(typed=typed).refuse(refusal)}, status_of(refusal))
    return go_to("/settings", done="profile")


@post("/settings/password", include_in_schema=False)
async def change_password(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Take a new password."""
    typed, actor = await read_form(context.request), context.actor
    try:
        change = to_shape(NewPassword, {"current": text_in(typed, "current"), "new": text_in(typed, "new")})
        passwords.ensure_not_common(change.new, actor.handle or "", field="new")
        known = await credentials.reauthenticate(context.db, actor, change.current)
        sealed = await passwords.seal_secret(change.new, known.secret)
        async with context.db.begin() as tx:
            await credentials.change_password(tx, actor, known, sealed)
    except Refusal as refusal:
        return await _settings(context, {"password": Form(typed=typed).refuse(refusal)}, status_of(refusal))
    return go_to("/settings", done="password")


@post("/settings/address", include_in_schema=False)
async def change_address(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Take a new address, once it is proved."""
    typed = await read_form(context.request)
    try:
        facts = {"email": text_in(typed, "email").strip(), "password": text_in(typed, "own_password")}
        change = to_shape(NewAddress, facts)
        await credentials.reauthenticate(context.db, context.actor, change.password)
        async with context.db.begin() as tx:
            await accounts.change_address(tx, context.actor, change.email)
    except Refusal as refusal:
        return await _settings(context, {"address": Form(typed=typed).refuse(refusal)}, status_of(refusal))
    return go_to("/settings", done="address")


@post("/settings/verification", include_in_schema=False)
async def resend_verification(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Have the link that proves the address mailed again."""
    async with context.db.begin() as tx:
        await accounts.request_verification(tx, context.actor)
    return go_to("/settings", done="verification")


@post("/settings/sessions", include_in_schema=False)
async def end_session(context: NamedDependency[PageContext]) -> Response[bytes]:
    """End one of one's sessions, or all but this one."""
    pressed = text_in(await read_form(context.request), "revoke")
    if pressed == "others":
        async with context.db.begin() as tx:
            await sessions.end_other_sessions(tx, context.actor)
        return go_to("/settings", done="sessions")
    session_id = number_in(pressed)
    if session_id is None:
        raise BadButton
    async with context.db.begin() as tx:
        await sessions.end_session(tx, context.actor, SessionId(session_id))
    return go_to("/settings", done="session")


@post("/settings/feeds", include_in_schema=False)
async def change_feed_key(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Make a key for readers of feeds, which is shown once, or end it."""
    context.actor.signed_in()
    pressed = text_in(await read_form(context.request), "do")
    if pressed not in ("make", "drop"):
        raise BadButton
    async with context.db.begin() as tx:
        if pressed == "drop":
            await feed_keys.delete_feed_key(tx, context.actor)
            return go_to("/settings", done="saved")
        key = await feed_keys.make_feed_key(tx, context.actor)
    return await _settings(context, {}, feed_key=key)


async def _settings(
    context: PageContext, forms: Mapping[str, Form], status: int = 200, feed_key: str = ""
) -> Response[bytes]:
    community = context.renderer.community
    async with context.db.read() as tx:
        me = await profiles.read_member(tx, context.actor.signed_in())
        open_sessions = await sessions.read_sessions(tx, context.actor)
        has_feed_key = await feed_keys.has_feed_key(tx, context.actor.signed_in())
    return context.renderer.page(
        context.request,
        context.actor,
        "members/settings.html",
        status,
        email=me.email or "",
        profile=forms.get("profile") or Form(typed=_typed(me)),
        password=forms.get("password") or Form(),
        address=forms.get("address") or Form(),
        sessions=open_sessions.items,
        groups=community.groups,
        countries=sorted(COUNTRIES.items(), key=lambda entry: entry[1]),
        stages=[(slug, _words(slug)) for slug in community.stages],
        materials=[(slug, _words(slug)) for slug in community.materials],
        languages=[(code, LANGUAGE_NAMES.get(code, code)) for code in community.languages],
        letters=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        publics=_PUBLIC,
        feed_key=feed_key,
        has_feed_key=has_feed_key,
    )


def _typed(me: Me) -> dict[str, list[str]]:
    typed: dict[str, list[str]] = {"post_order": [me.post_order]}
    typed |= {name: [getattr(me, name) or ""] for name in (*_LINES, *_ONE_OF)}
    typed.update({name: list(getattr(me, name)) for name in _LISTS})
    return typed


def _profile(typed: Typed) -> dict[str, object]:
    facts: dict[str, object] = {name: text_in(typed, name).strip() for name in _LINES}
    facts.update({name: text_in(typed, name) or None for name in _ONE_OF})
    facts.update({name: list(typed.get(name, ())) for name in _LISTS})
    if text_in(typed, "post_order"):
        facts["post_order"] = text_in(typed, "post_order")
    return facts


def _facts(found: Profile, community: Community) -> list[tuple[str, str]]:
    groups, sectors = dict(community.groups), dict(community.sectors)
    group = groups.get(found.stakeholder_group or "", found.stakeholder_group or "")
    facts = [
        ("Speaks for", group),
        ("Organisation", found.organisation or ""),
        ("Country", COUNTRIES.get(found.country or "", "")),
        ("Sectors", ", ".join(sectors.get(slug, slug) for slug in found.sectors or ())),
        ("Stages", ", ".join(_words(slug) for slug in found.stages or ())),
        ("Materials", ", ".join(_words(slug) for slug in found.materials or ())),
        ("Reads", ", ".join(LANGUAGE_NAMES.get(code, code) for code in found.languages or ())),
    ]
    return [(word, value) for word, value in facts if value]


def _words(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


routes = [
    change_feed_key,
    show_member,
    show_settings,
    change_profile,
    change_password,
    change_address,
    resend_verification,
    end_session,
]
