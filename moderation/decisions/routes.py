"""The HTTP side of working together at cases: claims, notes, decisions about several, and undoing."""

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.errors import Refusal
from core.http import PathId, answers, json_response
from moderation.cases import claims, escalation, notes
from moderation.decisions import decisions
from moderation.policy import ensure_can_read_queue
from moderation.queue import host_approvals, queue
from moderation.shapes import (
    Case,
    CaseNote,
    DecisionMade,
    DecisionsMade,
    NewCaseNote,
    NewClaim,
    NewDecisions,
)
from storage.database import Database
from storage.idempotency import IdempotentRequest


@put("/cases/{case_id:int}/claim", operation_id="claim_case")
async def claim_case(
    case_id: PathId, data: JSONBody[NewClaim], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Say that one is at a case, for two minutes; or hand it to another moderator. The answer says whose it is."""
    async with db.begin() as tx:
        if data.member is None:
            await claims.claim_case(tx, actor, case_id)
        else:
            await claims.hand_over(tx, actor, case_id, data.member)
        return await queue.show_case(tx, actor, case_id)


@delete("/cases/{case_id:int}/claim", operation_id="let_case_go")
async def let_case_go(case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Say that one is no longer at a case."""
    async with db.begin() as tx:
        await claims.let_case_go(tx, actor, case_id)


@put("/cases/{case_id:int}/escalation", operation_id="escalate_case")
async def escalate_case(
    case_id: PathId, data: JSONBody[NewCaseNote], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Hand a case to the administrators, who are told at once and alone decide it; `body` says why, to them."""
    async with db.begin() as tx:
        await escalation.escalate_case(tx, actor, case_id, data)
        return await queue.show_case(tx, actor, case_id)


@delete("/cases/{case_id:int}/escalation", status_code=200, operation_id="give_case_back")
async def give_case_back(
    case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Give it back to the moderators of the sector; for administrators, once it was handed to them."""
    async with db.begin() as tx:
        await escalation.give_case_back(tx, actor, case_id)
        return await queue.show_case(tx, actor, case_id)


@post("/cases/{case_id:int}/notes", responses=answers(201, CaseNote), operation_id="write_case_note")
async def write_note(
    case_id: PathId,
    data: JSONBody[NewCaseNote],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Tell the other moderators something about a case."""
    answer = await idempotent.answer(db, lambda tx: notes.write_note(tx, actor, case_id, data), 201)
    return json_response(answer.body, answer.status)


@post("/decisions", status_code=200, operation_id="decide_cases")
async def decide_cases(
    data: JSONBody[NewDecisions], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> DecisionsMade:
    """Decide alike about several cases. Each stands by itself: the answer says which were decided, and why others not."""
    ensure_can_read_queue(actor)
    made = []
    for case in data.cases:
        try:
            async with db.begin() as tx:
                decision = await decisions.decide_case(tx, actor, case.id, data.about(case))
            made.append(DecisionMade(case=case.id, decision=decision))
        except Refusal as refusal:
            made.append(DecisionMade(case=case.id, code=refusal.code, detail=refusal.detail))
    return DecisionsMade(made)


@delete("/decisions/{decision_id:int}", status_code=200, operation_id="undo_decision")
async def undo_decision(
    decision_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Undo one's decision within twelve seconds, without a trace in public."""
    async with db.begin() as tx:
        return await decisions.undo_decision(tx, actor, decision_id)


@get("/cases/pending", operation_id="read_pending")
async def read_pending(
    actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> host_approvals.PendingList:
    """Questions and notices that wait in the rooms one hosts. They are let in and dismissed as in their rooms: by
    `settle_question`, `approve_notice` and `decline_notice`."""
    async with db.read() as tx:
        return await host_approvals.read_pending(tx, actor)


routes = [
    read_pending,
    claim_case,
    let_case_go,
    escalate_case,
    give_case_back,
    write_note,
    decide_cases,
    undo_decision,
]
