"""The HTTP side of moderation."""

from typing import Annotated

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId, answers, json_response
from core.ids import PostId
from moderation import decisions, flags, ledger, reading
from moderation.shapes import (
    Case,
    CasePage,
    CaseState,
    Decision,
    Flag,
    LedgerPage,
    NewDecision,
    NewFlag,
    NewReversal,
)
from storage.database import Database
from storage.once import Once

# Litestar keeps the name `state` for itself.
OnlyState = Annotated[CaseState, QueryParameter(name="state")]


@post("/posts/{post_id:int}/flags", responses=answers(201, Flag), operation_id="flag_post")
async def flag_post(
    post_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    once: NamedDependency[Once],
) -> Response[bytes]:
    """Tell the moderators that a post should be looked at."""
    answer = await once.answer(db, lambda tx: flags.flag_post(tx, actor, PostId(post_id), data), 201)
    return json_response(answer.body, answer.status)


@get("/cases", operation_id="read_cases")
async def read_cases(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    only: OnlyState = "open",
    after: Cursor = None,
) -> CasePage:
    """One page of the cases of the sectors one moderates: open ones oldest first, decided ones latest first."""
    async with db.read() as tx:
        return await reading.read_cases(tx, actor, db.epoch, only, after)


@get("/cases/{case_id:int}", operation_id="read_case")
async def read_case(case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Case:
    """One case, with what the flags said."""
    async with db.read() as tx:
        return await reading.show_case(tx, actor, case_id)


@post("/cases/{case_id:int}/decisions", responses=answers(201, Decision), operation_id="decide_case")
async def decide_case(
    case_id: PathId,
    data: JSONBody[NewDecision],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    once: NamedDependency[Once],
) -> Response[bytes]:
    """Decide about a case."""
    answer = await once.answer(db, lambda tx: decisions.decide_case(tx, actor, case_id, data), 201)
    return json_response(answer.body, answer.status)


@put(
    "/decisions/{decision_id:int}/reversal", responses=answers(200, Decision), operation_id="reverse_decision"
)
async def reverse_decision(
    decision_id: PathId,
    data: JSONBody[NewReversal],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    once: NamedDependency[Once],
) -> Response[bytes]:
    """Take a decision back."""
    answer = await once.answer(db, lambda tx: decisions.reverse_decision(tx, actor, decision_id, data))
    return json_response(answer.body, answer.status)


@get("/ledger", operation_id="read_ledger")
async def read_ledger(db: NamedDependency[Database], after: Cursor = None) -> LedgerPage:
    """One page of all decisions, the latest first, naming nobody."""
    async with db.read() as tx:
        return await ledger.read_ledger(tx, after)


routes = [flag_post, read_cases, read_case, decide_case, reverse_decision, read_ledger]
