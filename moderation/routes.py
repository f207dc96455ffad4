"""The HTTP side of moderation."""

from typing import Annotated

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId, answers, json_response
from members.shapes import LetterLanguage
from moderation import routes_audit
from moderation.appeals import routes as appeals_routes
from moderation.decisions import decisions, routes_held
from moderation.decisions import routes as decisions_routes
from moderation.flags import flags
from moderation.flags import routes as flags_routes
from moderation.ledger import ledger
from moderation.ledger import routes as ledger_routes
from moderation.queue import queue, statistics
from moderation.queue.statistics import Health
from moderation.reasons import routes as reasons_routes
from moderation.rules import routes as routes_rules
from moderation.sanctions import routes as sanctions_routes
from moderation.shapes import (
    Action,
    Case,
    CaseFilter,
    CasePage,
    CaseState,
    Decision,
    Flag,
    FlagReason,
    NewDecision,
    NewFlag,
    NewReversal,
    ObjectName,
    Waiting,
)
from moderation.shapes_ledger import LedgerFilter, LedgerPage
from storage.database import Database
from storage.idempotency import IdempotentRequest

# Litestar keeps the name `state` for itself.
OnlyState = Annotated[CaseState, QueryParameter(name="state")]
OnlyAction = Annotated[Action | None, QueryParameter(name="action")]
OnlyReversed = Annotated[bool | None, QueryParameter(name="reversed")]
OnlyReason = Annotated[FlagReason | None, QueryParameter(name="reason")]

OnlyLanguage = Annotated[LetterLanguage | None, QueryParameter(name="language")]


@post("/posts/{post_id:int}/flags", responses=answers(201, Flag), operation_id="flag_post")
async def flag_post(
    post_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Tell the moderators that a post should be looked at."""
    answer = await idempotent.answer(
        db, lambda tx: flags.flag(tx, actor, ObjectName("post", post_id), data), 201
    )
    return json_response(answer.body, answer.status)


@post("/topics/{topic_id:int}/flags", responses=answers(201, Flag), operation_id="flag_topic")
async def flag_topic(
    topic_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Tell the moderators of a topic as a whole: its title, its tags, what it is for."""
    answer = await idempotent.answer(
        db, lambda tx: flags.flag(tx, actor, ObjectName("topic", topic_id), data), 201
    )
    return json_response(answer.body, answer.status)


@post("/files/{file_id:int}/flags", responses=answers(201, Flag), operation_id="flag_file")
async def flag_file(
    file_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Tell the moderators of a file in a post."""
    answer = await idempotent.answer(
        db, lambda tx: flags.flag(tx, actor, ObjectName("file", file_id), data), 201
    )
    return json_response(answer.body, answer.status)


@post("/members/{handle:str}/flags", responses=answers(201, Flag), operation_id="flag_profile")
async def flag_profile(
    handle: FromPath[str],
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Tell the moderators of what a member says of themselves."""
    answer = await idempotent.answer(db, lambda tx: flags.flag_profile(tx, actor, handle, data), 201)
    return json_response(answer.body, answer.status)


@get("/cases", operation_id="read_cases")
async def read_cases(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    only: OnlyState = "open",
    sector: FromQuery[str | None] = None,
    reason: OnlyReason = None,
    language: OnlyLanguage = None,
    after: Cursor = None,
) -> CasePage:
    """One page of the cases of the sectors one moderates: open ones by their turn (danger, then rooms that are open, then
    age), decided ones latest first."""
    wanted = CaseFilter(state=only, sector=sector, reason=reason, language=language)
    async with db.read() as tx:
        return await queue.read_cases(tx, actor, db.epoch, wanted, after)


@get("/cases/waiting", operation_id="count_waiting")
async def count_waiting(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Waiting:
    """How many cases wait in the sectors one moderates."""
    async with db.read() as tx:
        return await queue.count_waiting(tx, actor)


@get("/cases/health", operation_id="read_queue_health")
async def read_queue_health(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Health:
    """How the queues of the sectors one moderates do, and who decided how much in the last thirty days."""
    async with db.read() as tx:
        return await statistics.read_health(tx, actor)


@get("/cases/{case_id:int}", operation_id="read_case")
async def read_case(case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Case:
    """One case, with what the flags said."""
    async with db.read() as tx:
        return await queue.show_case(tx, actor, case_id)


@post("/cases/{case_id:int}/decisions", responses=answers(201, Decision), operation_id="decide_case")
async def decide_case(
    case_id: PathId,
    data: JSONBody[NewDecision],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Decide about a case."""
    answer = await idempotent.answer(db, lambda tx: decisions.decide_case(tx, actor, case_id, data), 201)
    return json_response(answer.body, answer.status)


@put(
    "/decisions/{decision_id:int}/reversal", responses=answers(200, Decision), operation_id="reverse_decision"
)
async def reverse_decision(
    decision_id: PathId,
    data: JSONBody[NewReversal],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Take a decision back."""
    answer = await idempotent.answer(db, lambda tx: decisions.reverse_decision(tx, actor, decision_id, data))
    return json_response(answer.body, answer.status)


@get("/ledger", operation_id="read_ledger")
async def read_ledger(
    db: NamedDependency[Database],
    sector: FromQuery[str | None] = None,
    action: OnlyAction = None,
    moderator: FromQuery[str | None] = None,
    reversed_: OnlyReversed = None,
    after: Cursor = None,
) -> LedgerPage:
    """One page of all decisions, the latest first, naming nobody."""
    async with db.read() as tx:
        only = LedgerFilter(sector=sector, action=action, moderator=moderator, reversed=reversed_)
        return await ledger.read_ledger(tx, after, only)


routes = [
    flag_post,
    flag_topic,
    flag_file,
    flag_profile,
    read_cases,
    count_waiting,
    read_queue_health,
    read_case,
    decide_case,
    reverse_decision,
    read_ledger,
]
for more in (
    appeals_routes,
    routes_audit,
    decisions_routes,
    routes_held,
    flags_routes,
    routes_rules,
    sanctions_routes,
    reasons_routes,
    ledger_routes,
):
    routes += more.routes
