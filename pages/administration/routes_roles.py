"""The page of roles (duties), on which administrators assign and revoke them."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.text import Line, Name
from members.policy import ensure_can_administer
from members.profiles import duties
from members.shapes import Duty, DutyKind
from pages.members.role_names import role_name, role_options
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


@get("/admin/roles", include_in_schema=False)
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
        # The page of the account has the same form.
        back = f"/admin/members/{given.handle}" if text_in(form.typed, "back") else "/admin/roles"
        return redirect(back, done="revoked" if is_revocation else "granted")

    return await submit(await form_of(context), change, partial(_page, context), NO_STATUS)


async def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    ensure_can_administer(context.actor)
    community = context.renderer.community
    async with context.db.read() as tx:
        found = (await duties.read_duties(tx, context.actor)).items
        options, titles = await role_options(tx, community)
    listed = []
    for duty in found:
        value, words = role_name(duty.duty, duty.sector, duty.gathering, community, titles)
        listed.append(ShownDuty(duty, words, value))
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/roles.html",
        status,
        duties=listed,
        options=options,
        form=form,
    )


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
