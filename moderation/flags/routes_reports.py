"""HTTP routes of reports, which need no account, and of the names of reporters."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import structs

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from members.emails.translations import language_for
from moderation.flags import reports
from moderation.flags.shapes import REFERENCE_LENGTH, NewReport, Report, Reporters, RevealReporters
from storage.database import Database
from storage.idempotency import IdempotentRequest

Reference = Annotated[str, PathParameter(max_length=REFERENCE_LENGTH)]


@post("/reports", responses=documented_response(201, Report), operation_id="send_report")
async def send_report(
    data: JSONBody[NewReport],
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Report content that is illegal or against the rules. No account is needed."""
    suggested = language_for(request.headers.get("accept-language", ""))
    report = structs.replace(data, letters_in=data.letters_in or suggested)
    answer = await idempotent.respond(db, lambda tx: reports.send_report(tx, actor, report), 201)
    return json_response(answer.body, answer.status)


@get("/reports/{reference:str}", operation_id="read_report")
async def read_report(reference: Reference, db: NamedDependency[Database]) -> Report:
    """Show the state and outcome of a report to the holder of its reference."""
    async with db.read() as tx:
        return await reports.show_report(tx, reference)


@post("/cases/{case_id:int}/reporters", status_code=200, operation_id="look_at_reporters")
async def reveal_reporters(
    case_id: PathId,
    data: JSONBody[RevealReporters],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Reporters:
    """Show an administrator who reported the subject of a case. Each request is logged with its reason."""
    # Ignores an Idempotency-Key: each request must be logged, and the stored response would contain the names.
    async with db.begin() as tx:
        return await reports.reveal_reporters(tx, actor, case_id, data)


routes = [send_report, read_report, reveal_reporters]
