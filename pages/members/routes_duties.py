"""The page of roles (duties), on which administrators assign and revoke them."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.languages.texts import gettext
from core.text import Line, Name
from gatherings.gatherings import read_gatherings
from members.policy import ensure_can_manage_duties
from members.profiles import duties
from members.shapes import Duty, DutyKind
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    form_of,
    number_in,
    submit,
    text_in,
    to_shape,
    unknown_handle_refused,
)
from pages.shell.layout import Community
from pages.shell.renderer import redirect


class DutyForm(Struct, frozen=True):
    """The values of the form: the member's handle, and the role as one of its options."""

    handle: Name
    duty: Line


class ShownDuty(Struct, frozen=True):
    """A role in the list: the duty, its name, and its value in the form."""

    duty: Duty
    words: str
    value: str


@get("/admin", include_in_schema=False)
async def show_duties(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show who has a role."""
    return await _page(context, Form())


@post("/admin/duties", include_in_schema=False)
async def change_duties(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Assign or revoke a role."""

    async def change(form: Form) -> Response[bytes]:
        is_revocation = bool(text_in(form.typed, "revoke"))
        handle = text_in(form.typed, "handle").strip().removeprefix("@")
        given = to_shape(DutyForm, {"handle": handle, "duty": text_in(form.typed, "duty")})
        kind, where = _duty_in(given.duty)
        verb = duties.revoke_duty if is_revocation else duties.grant_duty
        with unknown_handle_refused():
            async with context.db.begin() as tx:
                await verb(tx, context.actor, given.handle, kind, where)
        return redirect("/admin", done="revoked" if is_revocation else "granted")

    return await submit(await form_of(context), change, partial(_page, context), NO_STATUS)


async def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    ensure_can_manage_duties(context.actor)
    community = context.renderer.community
    async with context.db.read() as tx:
        found = (await duties.read_duties(tx, context.actor)).items
        coming = (await read_gatherings(tx, "upcoming")).items
    titles = {gathering.id: gathering.title for gathering in coming}
    listed = [_shown(duty, community, titles) for duty in found]
    options = [("administrator", gettext("Administrator"))]
    options += [(f"moderator {slug}", _moderator_of(name)) for slug, name in community.sectors]
    options += [(f"host {number}", _host_of(title)) for number, title in titles.items()]
    return context.renderer.page(
        context.request,
        context.actor,
        "members/duties.html",
        status,
        duties=listed,
        options=options,
        form=form,
    )


def _shown(duty: Duty, community: Community, titles: dict[int, str]) -> ShownDuty:
    if duty.duty == "moderator" and duty.sector:
        name = dict(community.sectors).get(duty.sector, duty.sector)
        return ShownDuty(duty, _moderator_of(name), f"moderator {duty.sector}")
    if duty.duty == "host" and duty.gathering:
        title = titles.get(duty.gathering) or gettext("event %(number)s", number=duty.gathering)
        return ShownDuty(duty, _host_of(title), f"host {duty.gathering}")
    return ShownDuty(duty, gettext("Administrator"), "administrator")


def _moderator_of(sector: str) -> str:
    return gettext("Moderator of %(sector)s", sector=sector)


def _host_of(event: str) -> str:
    return gettext("Host of %(event)s", event=event)


def _duty_in(value: str) -> tuple[DutyKind, str | int | None]:
    kind, _, where = value.partition(" ")
    if kind == "administrator" and not where:
        return "administrator", None
    if kind == "moderator" and where:
        return "moderator", where
    if kind == "host" and (number := number_in(where)):
        return "host", number
    raise BadButton


routes = [show_duties, change_duties]
