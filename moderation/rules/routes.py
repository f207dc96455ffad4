"""The HTTP side of rules."""

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from moderation.rules import rules
from moderation.rules.dry_run import dry_run_rule
from moderation.rules.engine import Screening
from moderation.rules.shapes import DryRunResult, NewRule, Rule, RuleChange, RuleList
from storage.database import Database
from storage.idempotency import IdempotentRequest


@get("/rules", operation_id="read_rules")
async def read_rules(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> RuleList:
    """The rules of where one moderates or hosts, with what came of each."""
    async with db.read() as tx:
        return await rules.read_rules(tx, actor)


@post("/rules", responses=documented_response(201, Rule), operation_id="make_rule")
async def make_rule(
    data: JSONBody[NewRule],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Write down a rule; it is off until it is switched on."""
    answer = await idempotent.respond(db, lambda tx: rules.make_rule(tx, actor, data), 201)
    return json_response(answer.body, answer.status)


@post("/rules/trials", status_code=200, operation_id="try_rule")
async def try_a_rule(
    data: JSONBody[NewRule], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> DryRunResult:
    """What a rule would have caught among the last thousand posts; nothing happens to them, and it is not kept."""
    return await dry_run_rule(db, actor, data)


@get("/rules/{rule_id:int}", operation_id="read_rule")
async def read_rule(rule_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Rule:
    """One rule."""
    async with db.read() as tx:
        return await rules.show_rule(tx, actor, rule_id)


@put("/rules/{rule_id:int}", operation_id="change_rule")
async def change_rule(
    rule_id: PathId,
    data: JSONBody[RuleChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    screening: NamedDependency[Screening],
) -> Rule:
    """Change a rule in the version that was looked at; where it holds stays."""
    async with db.begin() as tx:
        changed = await rules.change_rule(tx, actor, rule_id, data)
    screening.invalidate()
    return changed


@put("/rules/{rule_id:int}/force", operation_id="put_rule_in_force")
async def put_in_force(
    rule_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    screening: NamedDependency[Screening],
) -> Rule:
    """Switch a rule on."""
    async with db.begin() as tx:
        switched = await rules.set_rule_active(tx, actor, rule_id, True)
    screening.invalidate()
    return switched


@delete("/rules/{rule_id:int}/force", status_code=200, operation_id="put_rule_out_of_force")
async def put_out_of_force(
    rule_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    screening: NamedDependency[Screening],
) -> Rule:
    """Switch a rule off."""
    async with db.begin() as tx:
        switched = await rules.set_rule_active(tx, actor, rule_id, False)
    screening.invalidate()
    return switched


routes = [read_rules, make_rule, try_a_rule, read_rule, change_rule, put_in_force, put_out_of_force]
