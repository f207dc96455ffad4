"""HTTP routes of rules (automatic filters)."""

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
    """List the rules that you may see, with counts of what each of them caught."""
    async with db.read() as tx:
        return await rules.read_rules(tx, actor)


@post("/rules", responses=documented_response(201, Rule), operation_id="make_rule")
async def create_rule(
    data: JSONBody[NewRule],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Create a rule. It is inactive until you activate it."""
    answer = await idempotent.respond(db, lambda tx: rules.create_rule(tx, actor, data), 201)
    return json_response(answer.body, answer.status)


@post("/rules/trials", status_code=200, operation_id="try_rule")
async def try_rule(
    data: JSONBody[NewRule], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> DryRunResult:
    """Try a rule on the last thousand posts: shows what it would have caught. Neither the posts nor the rule are stored
    or changed."""
    return await dry_run_rule(db, actor, data)


@get("/rules/{rule_id:int}", operation_id="read_rule")
async def read_rule(rule_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Rule:
    """Show one rule."""
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
    """Change a rule. Its scope cannot be changed."""
    async with db.begin() as tx:
        changed = await rules.change_rule(tx, actor, rule_id, data)
    screening.invalidate()
    return changed


@put("/rules/{rule_id:int}/force", operation_id="put_rule_in_force")
async def activate_rule(
    rule_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    screening: NamedDependency[Screening],
) -> Rule:
    """Activate a rule."""
    async with db.begin() as tx:
        rule = await rules.set_rule_active(tx, actor, rule_id, True)
    screening.invalidate()
    return rule


@delete("/rules/{rule_id:int}/force", status_code=200, operation_id="put_rule_out_of_force")
async def deactivate_rule(
    rule_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    screening: NamedDependency[Screening],
) -> Rule:
    """Deactivate a rule."""
    async with db.begin() as tx:
        rule = await rules.set_rule_active(tx, actor, rule_id, False)
    screening.invalidate()
    return rule


routes = [read_rules, create_rule, try_rule, read_rule, change_rule, activate_rule, deactivate_rule]
