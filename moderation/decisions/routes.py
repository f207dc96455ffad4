"""HTTP routes of decisions: deciding one case or several, reversing and undoing."""

from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.errors import Refusal
from core.http import PathId, documented_response, json_response
from moderation.decisions import decisions
from moderation.policy import ensure_can_read_queue
from moderation.shapes import (
    Case,
    Decision,
    DecisionResult,
    DecisionResults,
    NewDecision,
    NewDecisions,
    NewReversal,
)
from storage.database import Database
from storage.idempotency import IdempotentRequest


@post(
    "/cases/{case_id:int}/decisions", responses=documented_response(201, Decision), operation_id="decide_case"
)
async def decide_case(
    case_id: PathId,
    data: JSONBody[NewDecision],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Decide a case."""
    answer = await idempotent.respond(db, lambda tx: decisions.decide_case(tx, actor, case_id, data), 201)
    return json_response(answer.body, answer.status)


@post("/decisions", status_code=200, operation_id="decide_cases")
async def decide_cases(
    data: JSONBody[NewDecisions], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> DecisionResults:
    """Make the same decision about several cases. Each is decided in its own transaction; the response says which were
    decided and why the others were not."""
    ensure_can_read_queue(actor)
    made = []
    for case in data.cases:
        try:
            async with db.begin() as tx:
                decision = await decisions.decide_case(tx, actor, case.id, data.about(case))
            made.append(DecisionResult(case=case.id, decision=decision))
        except Refusal as refusal:
            made.append(DecisionResult(case=case.id, code=refusal.code, detail=refusal.detail))
    return DecisionResults(made)


@put(
    "/decisions/{decision_id:int}/reversal",
    responses=documented_response(200, Decision),
    operation_id="reverse_decision",
)
async def reverse_decision(
    decision_id: PathId,
    data: JSONBody[NewReversal],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Reverse a decision, with a public reason."""
    answer = await idempotent.respond(db, lambda tx: decisions.reverse_decision(tx, actor, decision_id, data))
    return json_response(answer.body, answer.status)


@delete("/decisions/{decision_id:int}", status_code=200, operation_id="undo_decision")
async def undo_decision(
    decision_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Undo your own decision within 12 seconds, before it is published."""
    async with db.begin() as tx:
        return await decisions.undo_decision(tx, actor, decision_id)


routes = [decide_case, decide_cases, reverse_decision, undo_decision]
