"""HTTP routes with which moderators and hosts read their queue of cases."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId
from core.languages.languages import TAGS
from moderation.queue import host_approvals, queue, statistics
from moderation.queue.host_approvals import PendingList
from moderation.queue.statistics import QueueStatistics
from moderation.shapes import Case, CaseFilter, CasePage, CaseState, FlagReason, WaitingCounts
from storage.database import Database

# Litestar reserves the parameter name `state`.
StateFilter = Annotated[CaseState, QueryParameter(name="state")]
ReasonFilter = Annotated[FlagReason | None, QueryParameter(name="reason")]
LanguageFilter = Annotated[str | None, QueryParameter(name="language", pattern=f"^({'|'.join(TAGS)})$")]


@get("/cases", operation_id="read_cases")
async def read_cases(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    case_state: StateFilter = "open",
    sector: FromQuery[str | None] = None,
    reason: ReasonFilter = None,
    language: LanguageFilter = None,
    after: Cursor = None,
) -> CasePage:
    """Read one page of the cases that you may see. Open cases are ordered by urgency (danger to a person, then rooms that
    are open now, then age); decided cases are ordered newest first."""
    wanted = CaseFilter(state=case_state, sector=sector, reason=reason, language=language)
    async with db.read() as tx:
        return await queue.read_cases(tx, actor, db.epoch, wanted, after)


@get("/cases/waiting", operation_id="count_waiting")
async def count_waiting(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> WaitingCounts:
    """Count the open cases in your queue, and the contributions that wait for your approval as a host."""
    async with db.read() as tx:
        return await queue.count_waiting(tx, actor)


@get("/cases/pending", operation_id="read_pending")
async def read_pending(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> PendingList:
    """List the questions and notices that wait for approval in the rooms you host. Approve or decline them with
    `settle_question`, `approve_notice` and `decline_notice`."""
    async with db.read() as tx:
        return await host_approvals.read_pending(tx, actor)


@get("/cases/health", operation_id="read_queue_health")
async def read_queue_statistics(
    actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> QueueStatistics:
    """Show statistics of the queues you moderate, and how many cases each moderator decided in the last 30 days."""
    async with db.read() as tx:
        return await statistics.read_statistics(tx, actor)


@get("/cases/{case_id:int}", operation_id="read_case")
async def read_case(case_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Case:
    """Show one case, with the notes of its flags."""
    async with db.read() as tx:
        return await queue.show_case(tx, actor, case_id)


routes = [read_cases, count_waiting, read_pending, read_queue_statistics, read_case]
