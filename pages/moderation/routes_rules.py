"""Rules that act first: the list with what came of each, writing them, trying them, switching them."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import Refusal, allowed
from core.http import PathId, status_of
from core.ids import SectorId
from forum.sectors import read_sectors
from members.profiles.trust import TrustRules
from moderation.rules import rules
from moderation.rules.dry_run import MAX_POSTS, MAX_SHOWN, dry_run_rule
from moderation.rules.engine import Screening
from moderation.rules.policy import ensure_can_manage_rule, ensure_can_read_rules
from moderation.rules.scope import find_rule_rooms
from moderation.rules.shapes import DryRunResult, NewRule, Rule, RuleChange
from pages.moderation.rule_forms import FIELDS, KINDS, Kind, first_typed, in_words, kind_of, rule_in, typed_of
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to


@get("/rules", include_in_schema=False)
async def show_rules(context: NamedDependency[PageContext]) -> Response[bytes]:
    """The rules of where one moderates or hosts."""
    async with context.db.read() as tx:
        found = await rules.read_rules(tx, context.actor)
        rooms = await find_rule_rooms(tx, context.actor)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/rules.html",
        rules=found.items,
        kinds=KINDS,
        in_words=in_words,
        rooms=dict(rooms),
    )


@get("/rules/new", include_in_schema=False)
async def show_new_rule(
    context: NamedDependency[PageContext],
    trust: NamedDependency[TrustRules],
    kind: FromQuery[Kind] = "phrases",
    place: FromQuery[str] = "",
) -> Response[bytes]:
    """A form for a rule of one kind."""
    ensure_can_read_rules(context.actor)
    form = Form(action="/rules/new", typed={"place": [place], **first_typed(kind)})
    return await _page(context, trust, kind, form)


@post("/rules/new", include_in_schema=False)
async def create_rule(
    context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """Keep a rule, or look what it would have caught."""
    ensure_can_read_rules(context.actor)
    typed = await read_form(context.request)
    kind = text_in(typed, "kind")
    if kind not in KINDS:
        raise BadButton
    form = Form(action="/rules/new", typed=typed)
    try:
        new = to_shape(NewRule, rule_in(typed, kind))
        if _act(typed) == "try":
            return await _page(
                context, trust, kind, form, trial=await dry_run_rule(context.db, context.actor, new)
            )
        idempotent = once_of(context.request, context.actor, typed)
        await idempotent.respond(context.db, lambda tx: rules.create_rule(tx, context.actor, new))
    except Refusal as refusal:
        return await _page(context, trust, kind, _refused(form, refusal), status=status_of(refusal))
    return go_to("/rules?done=saved")


@get("/rules/{rule_id:int}", include_in_schema=False)
async def show_rule(
    rule_id: PathId, context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """One rule in its form."""
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
    """Change a rule, look what it would have caught, or switch it."""
    typed = await read_form(context.request)
    async with context.db.read() as tx:
        rule = await rules.show_rule(tx, context.actor, rule_id)
    kind = kind_of(rule.test)
    version = number_in(text_in(typed, "version"))
    form = Form(action=f"/rules/{rule_id}", typed=typed, version=version)
    try:
        act = _act(typed)
        if act in ("on", "off"):
            async with context.db.begin() as tx:
                await rules.set_rule_active(tx, context.actor, rule_id, act == "on")
            screening.invalidate()
            return go_to("/rules?done=saved")
        facts = rule_in(typed, kind) | {"sector": rule.sector, "room": rule.room}
        if act == "try":
            trial = await dry_run_rule(context.db, context.actor, to_shape(NewRule, facts))
            return await _page(context, trust, kind, form, rule=rule, trial=trial)
        async with context.db.begin() as tx:
            change = to_shape(RuleChange, facts | {"version": version})
            await rules.change_rule(tx, context.actor, rule_id, change)
        screening.invalidate()
    except Refusal as refusal:
        return await _page(
            context, trust, kind, _refused(form, refusal), status=status_of(refusal), rule=rule
        )
    return go_to("/rules?done=saved")


def _act(typed: Typed) -> str:
    act = text_in(typed, "act") or "keep"
    if act not in ("keep", "try", "on", "off"):
        raise BadButton
    return act


def _refused(form: Form, refusal: Refusal) -> Form:
    form = form.refuse(refusal)
    form.wrong_field = form.wrong_field.removeprefix("test.")
    return form


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
        may_keep = True
        if rule is not None:
            _, scope = await rules.get_rule(tx, context.actor, rule.id)
            may_keep = allowed(ensure_can_manage_rule, context.actor, scope)
    everywhere = [("all", "Everywhere")] if context.actor.is_administrator else []
    kept = [
        (f"sector:{one.slug}", one.name) for one in sectors if context.actor.moderates_in(SectorId(one.id))
    ]
    places = [*everywhere, *kept, *((f"room:{number}", f"Room: {title}") for number, title in rooms)]
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/rule.html",
        status,
        form=form,
        rule=rule,
        trial=trial,
        kind=kind,
        what=KINDS[kind],
        fields=FIELDS[kind],
        places=places,
        levels=[(number, level.name) for number, level in enumerate(trust.levels)],
        may_keep=may_keep,
        latest=MAX_POSTS,
        shown=MAX_SHOWN,
    )


routes = [show_rules, show_new_rule, create_rule, show_rule, change_rule]
