"""Rules that act first: the list with what came of each, writing them, trying them, switching them."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import Refusal, allowed
from core.http import PathId, status_of
from core.ids import SectorId
from forum.sectors import read_sectors
from members.trust import TrustRules
from moderation.rules import rules
from moderation.rules.places import rooms_with_rules
from moderation.rules.policy import ensure_can_keep_rule, ensure_can_read_rules
from moderation.rules.screening import Screening
from moderation.rules.shapes import NewRule, Rule, RuleChange, Trial
from moderation.rules.trying import LATEST, SHOWN, try_rule
from pages.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.press import go_to
from pages.routes_posts import Desk
from pages.rule_forms import FIELDS, KINDS, Kind, first_typed, in_words, kind_of, rule_in, typed_of


@get("/rules", include_in_schema=False)
async def show_rules(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The rules of where one moderates or hosts."""
    async with desk.db.read() as tx:
        found = await rules.read_rules(tx, desk.actor)
        rooms = await rooms_with_rules(tx, desk.actor)
    return desk.press.page(
        desk.request,
        desk.actor,
        "rules.html",
        rules=found.items,
        kinds=KINDS,
        in_words=in_words,
        rooms=dict(rooms),
    )


@get("/rules/new", include_in_schema=False)
async def show_new_rule(
    desk: NamedDependency[Desk],
    trust: NamedDependency[TrustRules],
    kind: FromQuery[Kind] = "phrases",
    place: FromQuery[str] = "",
) -> Response[bytes]:
    """A form for a rule of one kind."""
    ensure_can_read_rules(desk.actor)
    form = Form(action="/rules/new", typed={"place": [place], **first_typed(kind)})
    return await _page(desk, trust, kind, form)


@post("/rules/new", include_in_schema=False)
async def make_rule(desk: NamedDependency[Desk], trust: NamedDependency[TrustRules]) -> Response[bytes]:
    """Keep a rule, or look what it would have caught."""
    ensure_can_read_rules(desk.actor)
    typed = await read_form(desk.request)
    kind = text_in(typed, "kind")
    if kind not in KINDS:
        raise BadButton
    form = Form(action="/rules/new", typed=typed)
    try:
        new = to_shape(NewRule, rule_in(typed, kind))
        if _act(typed) == "try":
            return await _page(desk, trust, kind, form, trial=await try_rule(desk.db, desk.actor, new))
        once = once_of(desk.request, desk.actor, typed)
        await once.answer(desk.db, lambda tx: rules.make_rule(tx, desk.actor, new))
    except Refusal as refusal:
        return await _page(desk, trust, kind, _refused(form, refusal), status=status_of(refusal))
    return go_to("/rules?done=saved")


@get("/rules/{rule_id:int}", include_in_schema=False)
async def show_rule(
    rule_id: PathId, desk: NamedDependency[Desk], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """One rule in its form."""
    async with desk.db.read() as tx:
        rule = await rules.show_rule(tx, desk.actor, rule_id)
    form = Form(action=f"/rules/{rule_id}", typed=typed_of(rule), version=rule.version)
    return await _page(desk, trust, kind_of(rule.test), form, rule=rule)


@post("/rules/{rule_id:int}", include_in_schema=False)
async def change_rule(
    rule_id: PathId,
    desk: NamedDependency[Desk],
    trust: NamedDependency[TrustRules],
    screening: NamedDependency[Screening],
) -> Response[bytes]:
    """Change a rule, look what it would have caught, or switch it."""
    typed = await read_form(desk.request)
    async with desk.db.read() as tx:
        rule = await rules.show_rule(tx, desk.actor, rule_id)
    kind = kind_of(rule.test)
    version = number_in(text_in(typed, "version"))
    form = Form(action=f"/rules/{rule_id}", typed=typed, version=version)
    try:
        act = _act(typed)
        if act in ("on", "off"):
            async with desk.db.begin() as tx:
                await rules.switch_rule(tx, desk.actor, rule_id, act == "on")
            screening.forget()
            return go_to("/rules?done=saved")
        facts = rule_in(typed, kind) | {"sector": rule.sector, "room": rule.room}
        if act == "try":
            trial = await try_rule(desk.db, desk.actor, to_shape(NewRule, facts))
            return await _page(desk, trust, kind, form, rule=rule, trial=trial)
        async with desk.db.begin() as tx:
            change = to_shape(RuleChange, facts | {"version": version})
            await rules.change_rule(tx, desk.actor, rule_id, change)
        screening.forget()
    except Refusal as refusal:
        return await _page(desk, trust, kind, _refused(form, refusal), status=status_of(refusal), rule=rule)
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
    desk: Desk,
    trust: TrustRules,
    kind: str,
    form: Form,
    status: int = 200,
    rule: Rule | None = None,
    trial: Trial | None = None,
) -> Response[bytes]:
    async with desk.db.read() as tx:
        sectors = (await read_sectors(tx, desk.db.epoch)).items
        rooms = await rooms_with_rules(tx, desk.actor)
        may_keep = True
        if rule is not None:
            _, scope = await rules.get_rule(tx, desk.actor, rule.id)
            may_keep = allowed(ensure_can_keep_rule, desk.actor, scope)
    everywhere = [("all", "Everywhere")] if desk.actor.is_administrator else []
    kept = [(f"sector:{one.slug}", one.name) for one in sectors if desk.actor.moderates_in(SectorId(one.id))]
    places = [*everywhere, *kept, *((f"room:{number}", f"Room: {title}") for number, title in rooms)]
    return desk.press.page(
        desk.request,
        desk.actor,
        "rule.html",
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
        latest=LATEST,
        shown=SHOWN,
    )


routes = [show_rules, show_new_rule, make_rule, show_rule, change_rule]
