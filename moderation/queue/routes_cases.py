"""HTTP routes with which moderators work together on a case: claims, escalation and notes."""

from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from moderation.cases import claims, escalation, notes
from moderation.queue import queue
from moderation.shapes import Case, CaseNote, NewCaseNote, NewClaim
from storage.database import Database
from storage.idempotency import IdempotentRequest


@put("/cases/{case_id:int}/claim", operation_id="claim_case")
async def claim_case(
    case_id: PathId, data: JSONBody[NewClaim], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Claim a case for two minutes, or reassign it to another moderator. The response shows who has claimed it."""
    async with db.begin() as tx:
        if data.member is None:
            await claims.claim_case(tx, actor, case_id)
        else:
            await claims.reassign_case(tx, actor, case_id, data.member)
        return await queue.show_case(tx, actor, case_id)


@delete("/cases/{case_id:int}/claim", operation_id="let_case_go")
async def release_claim(
    case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Release your claim on a case."""
    async with db.begin() as tx:
        await claims.release_claim(tx, actor, case_id)


@put("/cases/{case_id:int}/escalation", operation_id="escalate_case")
async def escalate_case(
    case_id: PathId, data: JSONBody[NewCaseNote], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Case:
    """Escalate a case to the administrators: they are notified immediately, and only they can decide it. `body` tells
    them why."""
    async with db.begin() as tx:
        await escalation.escalate_case(tx, actor, case_id, data)
        return await queue.show_case(tx, actor, case_id)


@delete("/cases/{case_id:int}/escalation", status_code=200, operation_id="give_case_back")
async def return_case(case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Case:
    """Return an escalated case to the moderators of its sector. Administrators only."""
    async with db.begin() as tx:
        await escalation.return_case(tx, actor, case_id)
        return await queue.show_case(tx, actor, case_id)


@post(
    "/cases/{case_id:int}/notes", responses=documented_response(201, CaseNote), operation_id="write_case_note"
)
async def add_note(
    case_id: PathId,
    data: JSONBody[NewCaseNote],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Add a note about a case for the other moderators."""
    answer = await idempotent.respond(db, lambda tx: notes.add_note(tx, actor, case_id, data), 201)
    return json_response(answer.body, answer.status)


routes = [claim_case, release_claim, escalate_case, return_case, add_note]
