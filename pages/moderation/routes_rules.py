"""Automatic filters (rules in the code): the list with statistics, and adding, testing, changing and switching one."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import allowed
from core.http import PathId
from core.ids import SectorId
from core.languages.names import shared_name
from core.languages.texts import gettext
from forum.sectors import read_sectors
from members.profiles.trust import TrustRules
from moderation.rules import rules
from moderation.rules.dry_run import MAX_POSTS, MAX_SHOWN, dry_run_rule
from moderation.rules.engine import Screening
from moderation.rules.policy import ensure_can_manage_rule, ensure_can_read_rules
from moderation.rules.scope import find_rule_rooms
from moderation.rules.shapes import DryRunResult, NewRule, Rule, RuleChange
from pages.moderation.rule_forms import (
    KINDS,
    Kind,
    describe_test,
    fields_of,
    kind_of,
    new_typed,
    rule_in,
    typed_of,
)
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect


@get("/rules", include_in_schema=False)
async def show_rules(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the filters where the viewer moderates or hosts."""
    async with context.db.read() as tx:
        found = await rules.read_rules(tx, context.actor)
        rooms = await find_rule_rooms(tx, context.actor)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/rules.html",
        rules=found.items,
        kinds={name: gettext(text) for name, text in KINDS.items()},
        describe_test=describe_test,
        rooms=dict(rooms),
    )


@get("/rules/new", include_in_schema=False)
async def show_new_rule(
    context: NamedDependency[PageContext],
    trust: NamedDependency[TrustRules],
    kind: FromQuery[Kind] = "phrases",
    place: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the form for a new filter of one kind."""
    ensure_can_read_rules(context.actor)
    form = Form(action="/rules/new", typed={"place": [place], **new_typed(kind)})
    return await _page(context, trust, kind, form)


@post("/rules/new", include_in_schema=False)
async def create_rule(
    context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """Save a new filter, or show what it would have caught."""
    ensure_can_read_rules(context.actor)
    form = await form_of(context)
    form.action = "/rules/new"
    kind = form.value("kind")
    if kind not in KINDS:
        raise BadButton
    page = partial(_page, context, trust, kind)

    async def make(form: Form) -> Response[bytes]:
        new = to_shape(NewRule, rule_in(form.typed, kind))
        if _button_in(form.typed) == "try":
            return await page(form, trial=await dry_run_rule(context.db, context.actor, new))
        idempotent = idempotent_request(context, form.typed)
        await idempotent.respond(context.db, lambda tx: rules.create_rule(tx, context.actor, new))
        return redirect("/rules?done=saved")

    return await submit(form, make, page, NO_STATUS)


@get("/rules/{rule_id:int}", include_in_schema=False)
async def show_rule(
    rule_id: PathId, context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """Show the form of a filter; raise NotFound."""
    async with context.db.read() as tx:
        rule = await rules.show_rule(tx, context.actor, rule_id)
    form = Form(action=f"/rules/{rule_id}", typed=typed_of(rule), version=rule.version)
    return await _page(context, trust, kind_of(rule.test), form, rule=rule)


@post("/rules/{rule_id:int}", include_in_schema=False)
async def change_rule(
    rule_id: PathId,
    context: NamedDependency[PageContext],
    trust: NamedDependency[TrustRules],
    screening: NamedDependency[Screening],
) -> Response[bytes]:
    """Save a filter, turn it on or off, or show what it would have caught."""
    form = await form_of(context)
    form.action = f"/rules/{rule_id}"
    form.version = number_in(form.value("version"))
    async with context.db.read() as tx:
        rule = await rules.show_rule(tx, context.actor, rule_id)
    kind = kind_of(rule.test)
    page = partial(_page, context, trust, kind, rule=rule)

    async def change(form: Form) -> Response[bytes]:
        button = _button_in(form.typed)
        facts = rule_in(form.typed, kind) | {"sector": rule.sector, "room": rule.room}
        if button == "try":
            trial = await dry_run_rule(context.db, context.actor, to_shape(NewRule, facts))
            return await page(form, trial=trial)
        async with context.db.begin() as tx:
            if button in ("on", "off"):
                await rules.set_rule_active(tx, context.actor, rule_id, button == "on")
            else:
                new = to_shape(RuleChange, facts | {"version": form.version})
                await rules.change_rule(tx, context.actor, rule_id, new)
        screening.invalidate()
        return redirect("/rules?done=saved")

    return await submit(form, change, page, NO_STATUS)


def _button_in(typed: Typed) -> str:
    button = text_in(typed, "act") or "keep"
    if button not in ("keep", "try", "on", "off"):
        raise BadButton
    return button


async def _page(
    context: PageContext,
    trust: TrustRules,
    kind: str,
    form: Form,
    status: int = 200,
    rule: Rule | None = None,
    trial: DryRunResult | None = None,
) -> Response[bytes]:
    async with context.db.read() as tx:
        sectors = (await read_sectors(tx, context.db.epoch)).items
        rooms = await find_rule_rooms(tx, context.actor)
        can_save = True
        if rule is not None:
            _, scope = await rules.get_rule(tx, context.actor, rule.id)
            can_save = allowed(ensure_can_manage_rule, context.actor, scope)
    everywhere = [("all", gettext("Everywhere"))] if context.actor.is_administrator else []
    moderated = [
        (f"sector:{one.slug}", shared_name(one.name))
        for one in sectors
        if context.actor.moderates_in(SectorId(one.id))
    ]
    hosted = [(f"room:{number}", gettext("Room: %(title)s", title=title)) for number, title in rooms]
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/rule.html",
        status,
        form=form,
        rule=rule,
        trial=trial,
        kind=kind,
        what=gettext(KINDS[kind]),
        fields=fields_of(kind),
        places=[*everywhere, *moderated, *hosted],
        levels=[(number, level.name) for number, level in enumerate(trust.levels_for_reader())],
        can_save=can_save,
        latest=MAX_POSTS,
        shown=MAX_SHOWN,
    )


routes = [show_rules, show_new_rule, create_rule, show_rule, change_rule]
