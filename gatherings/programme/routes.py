"""The HTTP routes of the programme."""

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, documented_response, json_response, version_in
from core.ids import GatheringId, SessionOnProgrammeId
from gatherings import gatherings
from gatherings.programme import appearances, programme
from gatherings.programme import reading as programme_reading
from gatherings.programme.appearances import AppearancePage
from gatherings.shapes.programme import NewSession, Session, SessionChange, SessionList
from storage.database import Database
from storage.idempotency import IdempotentRequest


@get("/gatherings/{gathering_id:int}/sessions", operation_id="read_programme")
async def read_programme(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> SessionList:
    """Return the complete programme of a gathering, in order of time."""
    async with db.read() as tx:
        await gatherings.get_gathering(tx, GatheringId(gathering_id))
        return SessionList(await programme_reading.read_sessions(tx, actor, GatheringId(gathering_id)))


@post(
    "/gatherings/{gathering_id:int}/sessions",
    responses=documented_response(201, Session),
    operation_id="plan_session",
)
async def plan_session(
    gathering_id: PathId,
    data: JSONBody[NewSession],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Add a session to the programme of a gathering."""
    answer = await idempotent.respond(
        db, lambda tx: programme.plan_session(tx, actor, GatheringId(gathering_id), data), 201
    )
    return json_response(answer.body, answer.status)


@get("/programme/{programme_id:int}", operation_id="read_session")
async def read_session(
    programme_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Session:
    """Return one programme session."""
    async with db.read() as tx:
        return await programme_reading.show_session(tx, actor, SessionOnProgrammeId(programme_id))


@patch(
    "/programme/{programme_id:int}",
    responses=documented_response(200, Session),
    operation_id="change_session",
)
async def change_session(
    programme_id: PathId,
    data: JSONBody[SessionChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change a programme session, or cancel it."""
    version, session_id = version_in(if_match), SessionOnProgrammeId(programme_id)
    answer = await idempotent.respond(
        db, lambda tx: programme.change_session(tx, actor, session_id, data, version)
    )
    return json_response(answer.body, answer.status)


@get("/members/{handle:str}/gatherings", operation_id="read_member_gatherings")
async def read_appearances(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database], after: Cursor = None
) -> AppearancePage:
    """Return one page of the gatherings in which a member is a host or a speaker, the latest first."""
    async with db.read() as tx:
        return await appearances.read_appearances(tx, actor, handle, after)


programme_routes = [read_programme, plan_session, read_session, change_session, read_appearances]
