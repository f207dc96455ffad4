"""HTTP routes of statements of reasons and appeals."""

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from moderation.appeals import appeals, statements
from moderation.appeals.shapes import Appeal, AppealPage, NewAnswer, NewAppeal, StatementOfReasons
from moderation.flags.routes_reports import Reference
from storage.database import Database
from storage.idempotency import IdempotentRequest


@get("/decisions/{decision_id:int}", operation_id="read_statement")
async def read_statement(
    decision_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> StatementOfReasons:
    """Show the statement of reasons of a decision, to the affected member, its reporters and its moderators."""
    async with db.read() as tx:
        return await statements.show_statement(tx, actor, decision_id)


@post(
    "/decisions/{decision_id:int}/appeal",
    responses=documented_response(201, Appeal),
    operation_id="make_appeal",
)
async def make_appeal(
    decision_id: PathId,
    data: JSONBody[NewAppeal],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Appeal a decision: another moderator reviews it."""
    answer = await idempotent.respond(db, lambda tx: appeals.make_appeal(tx, actor, decision_id, data), 201)
    return json_response(answer.body, answer.status)


@post(
    "/reports/{reference:str}/appeal",
    responses=documented_response(201, Appeal),
    operation_id="appeal_report",
)
async def appeal_report(
    reference: Reference,
    data: JSONBody[NewAppeal],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Appeal the decision about a report without an account, with the reference of the report."""
    answer = await idempotent.respond(db, lambda tx: appeals.appeal_report(tx, reference, data), 201)
    return json_response(answer.body, answer.status)


@get("/appeals", operation_id="read_appeals")
async def read_appeals(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> AppealPage:
    """List the unanswered appeals of the sectors you moderate."""
    async with db.read() as tx:
        return await appeals.read_appeals(tx, actor)


@put(
    "/appeals/{appeal_id:int}/answer",
    responses=documented_response(200, Appeal),
    operation_id="answer_appeal",
)
async def answer_appeal(
    appeal_id: PathId,
    data: JSONBody[NewAnswer],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Answer an appeal against another moderator's decision."""
    answer = await idempotent.respond(db, lambda tx: appeals.answer_appeal(tx, actor, appeal_id, data))
    return json_response(answer.body, answer.status)


routes = [read_statement, make_appeal, appeal_report, read_appeals, answer_appeal]
