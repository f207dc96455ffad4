"""The HTTP side of reports."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import structs

from core.actor import Actor
from core.http import PathId, answers, json_response
from members.emails.translations import language_for
from moderation.flags import reports
from moderation.shapes_reports import REFERENCE_LENGTH, Look, NewReport, Report, Reporters
from storage.database import Database
from storage.idempotency import IdempotentRequest

Reference = Annotated[str, PathParameter(max_length=REFERENCE_LENGTH)]


@post("/reports", responses=answers(201, Report), operation_id="send_report")
async def send_report(
    data: JSONBody[NewReport],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Report what is illegal or against the rules; needs no account."""
    suggested = language_for(request.headers.get("accept-language", ""))
    report = structs.replace(data, letters_in=data.letters_in or suggested)
    answer = await idempotent.answer(db, lambda tx: reports.send_report(tx, actor, report), 201)
    return json_response(answer.body, answer.status)


@get("/reports/{reference:str}", operation_id="read_report")
async def read_report(reference: Reference, db: NamedDependency[Database]) -> Report:
    """What became of a report, for whoever has its reference."""
    async with db.read() as tx:
        return await reports.show_report(tx, reference)


@post("/cases/{case_id:int}/reporters", status_code=200, operation_id="look_at_reporters")
async def look_at_reporters(
    case_id: PathId,
    data: JSONBody[Look],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Reporters:
    """Who reported what a case is about; each look is written down."""
    # Without regard to an Idempotency-Key: each look counts, and the kept answer would hold the names.
    async with db.begin() as tx:
        return await reports.look_at_reporters(tx, actor, case_id, data)


routes = [send_report, read_report, look_at_reporters]
