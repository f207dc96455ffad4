"""The profile page of a member, and the card of a member, which scripts show beside a name."""

from collections.abc import Iterable
from typing import Any, Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from markupsafe import Markup, escape

from core.http import Cursor
from core.languages.formats import list_in
from core.languages.texts import current_language, gettext, pgettext
from forum.contributions import contributions
from forum.trust.trust import read_trust
from gatherings.programme.appearances import read_appearances
from members.accounts.erasure import FORMER_HANDLE
from members.profiles import profiles
from members.profiles.countries import country_in
from members.profiles.trust import TrustRules
from members.shapes import Profile
from moderation.policy import can_judge_in
from moderation.sanctions.sanctions import read_member_sanctions
from pages.members.role_names import named_roles
from pages.moderation.labels import action_labels
from pages.shell.context import PageContext
from pages.shell.jinja import with_lang
from pages.shell.language_names import name_of_language
from pages.shell.layout import Community
from storage.database import Reader

Shown = Literal["posts", "topics", "answers", "events"]


@get("/m/{handle:str}", include_in_schema=False)
async def show_member(
    handle: FromPath[str],
    context: NamedDependency[PageContext],
    trust: NamedDependency[TrustRules],
    show: FromQuery[Shown] = "posts",
    after: Cursor = None,
) -> Response[bytes]:
    """Show the public profile of a member and one list of contributions; the member and moderators also see sanctions."""
    actor = context.actor
    async with context.db.read() as tx:
        found = await profiles.read_profile(tx, handle)
        level = await read_trust(tx, trust, handle) if found.claimed else None
        is_entitled = actor.id is not None and (found.id == actor.id or can_judge_in(actor, None))
        decided = (await read_member_sanctions(tx, actor, handle)).items if is_entitled else []
        counts = await contributions.count_contributions(tx, actor, handle)
        page = await _read_page(tx, context, handle, show, after)
    is_former = found.handle == FORMER_HANDLE
    return context.renderer.page(
        context.request,
        actor,
        "members/profile.html",
        member=found,
        facts=_facts_of(found, context.renderer.community),
        is_own=found.id == actor.id,
        # The texts of former members are of many people.
        is_former=is_former,
        shown="" if is_former else show,
        counts=counts,
        page=page,
        trust=level,
        levels=trust.levels_for_reader(),
        sanctions=decided,
        actions=action_labels(),
    )


@get("/m/{handle:str}/card", include_in_schema=False)
async def show_card(handle: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show who a member is in a few lines."""
    async with context.db.read() as tx:
        found = await profiles.read_profile(tx, handle)
        counts = await contributions.count_contributions(tx, context.actor, handle)
    community = context.renderer.community
    return context.renderer.page(
        context.request,
        context.actor,
        "members/card.html",
        member=found,
        counts=counts,
        is_former=found.handle == FORMER_HANDLE,
        group=with_lang(_group_of(found, community)),
        roles=_roles_of(found, community),
        sectors=_sectors_of(found, community),
    )


async def _read_page(tx: Reader, context: PageContext, handle: str, show: Shown, after: str | None) -> Any:
    actor = context.actor
    match show:
        case "topics":
            return await contributions.read_started_topics(tx, actor, handle, after)
        case "events":
            return await read_appearances(tx, actor, handle, after)
    return await contributions.read_authored_posts(tx, actor, handle, after, accepted=show == "answers")


def _facts_of(found: Profile, community: Community) -> list[tuple[str, str]]:
    stages, materials = dict(community.stages), dict(community.materials)
    facts = [
        (pgettext("a member", "Roles"), _roles_of(found, community)),
        (pgettext("a member", "Speaks for"), with_lang(_group_of(found, community))),
        (gettext("Organisation"), found.organisation or ""),
        (gettext("Country"), country_in(current_language(), found.country) if found.country else ""),
        (gettext("Sectors"), _sectors_of(found, community)),
        (gettext("Stages"), _listed(stages.get(slug, slug) for slug in found.stages or ())),
        (gettext("Materials"), _listed(materials.get(slug, slug) for slug in found.materials or ())),
        # NOTE: the languages that a member reads
        (
            pgettext("a member", "Reads"),
            _listed(name_of_language(code) for code in found.languages or ()),
        ),
    ]
    return [(word, value) for word, value in facts if value]


def _listed(parts: Iterable[str]) -> str:
    return Markup(list_in(current_language(), [escape(with_lang(part)) for part in parts], "unit"))


def _group_of(found: Profile, community: Community) -> str:
    return dict(community.groups).get(found.stakeholder_group or "", found.stakeholder_group or "")


def _sectors_of(found: Profile, community: Community) -> str:
    names = dict(community.sectors)
    return _listed(names.get(slug, slug) for slug in found.sectors or ())


def _roles_of(found: Profile, community: Community) -> str:
    return _listed(name for _, name in named_roles(found.roles, community, {}))


routes = [show_member, show_card]
