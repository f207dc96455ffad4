"""Reading cases: a page of one's queues, one case, and the cases that events name."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, get_args

from asyncpg import Record
from msgspec import Meta
from msgspec.structs import replace
from sqlalchemy import BigInteger, DateTime, Integer, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.errors import NotFound
from forum.reading import read_posts_by_id
from forum.shapes import Post
from forum.tables import posts, sectors
from forum.visibility import seen_by
from moderation.cases import FLAGGED, is_involved
from moderation.ledger import read_decisions
from moderation.policy import ensure_can_read_queue
from moderation.shapes import Case, CasePage, CaseState, CountedReason, Decision, ObjectName
from moderation.tables import cases, flags
from moderation.visibility import visible_cases
from storage.cursors import read_cursor, write_cursor
from storage.database import Reader
from storage.log import Stream, read_heads
from storage.statements import Statement, statement

PAGE = 20

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_CASES = (
    select(
        *cases.c[("id", "object_kind", "object_id", "state", "version", "opened_at")],
        sectors.c.slug,
        *posts.c[("topic_id", "author_id", "pseudonym")],
        FLAGGED.label("has_flagged"),
    )
    .join(sectors, sectors.c.id == cases.c.sector_id)
    .join(posts, posts.c.id == cases.c.object_id)
    .where(visible_cases())
)
_BY_ID = statement(_CASES.where(cases.c.id == func.any(_ids)))
_REASONS = statement(
    select(flags.c.case_id, flags.c.reason, func.count().label("count"))
    .where(flags.c.case_id == func.any(_ids))
    .group_by(flags.c.case_id, flags.c.reason)
    .order_by(func.count().desc(), flags.c.reason)
)
_NOTES = statement(
    select(flags.c.note)
    .where(flags.c.case_id == bindparam("case"), flags.c.note != "")
    .order_by(flags.c.flagged_at, flags.c.id)
)
_SECTORS = statement(select(sectors.c.id).order_by(sectors.c.place))


def _page(state: CaseState, following: bool) -> Statement:
    key = (cases.c.opened_at, cases.c.id)
    query = _CASES.where(cases.c.state == bindparam("state"))
    if following:
        at = bindparam("at", type_=DateTime(timezone=True))
        here = tuple_(at, bindparam("id", type_=BigInteger))
        query = query.where(tuple_(*key) > here if state == "open" else tuple_(*key) < here)
    query = query.order_by(*(key if state == "open" else (column.desc() for column in key)))
    return statement(query.limit(bindparam("count", type_=Integer)))


_PAGES: dict[tuple[CaseState, bool], Statement] = {
    (state, following): _page(state, following)
    for state in get_args(CaseState)
    for following in (True, False)
}


async def read_cases(
    tx: Reader, actor: Actor, epoch: str, state: CaseState = "open", after: str | None = None
) -> CasePage:
    """One page of the queues of the sectors that the actor moderates."""
    ensure_can_read_queue(actor)
    streams = await _streams(tx, actor, epoch)
    binds = {"state": state, "count": PAGE + 1, "viewer": actor.id, **seen_by(actor)}
    if after is not None:
        binds["at"], binds["id"] = read_cursor(after, tuple[datetime, _Id])
    rows = await tx.rows(_PAGES[state, after is not None], **binds)
    shown = await _show(tx, actor, rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    following = None if last is None else write_cursor(last["opened_at"], last["id"])
    return CasePage([_personal(actor, case, row) for case, row in shown], following, streams)


async def show_case(tx: Reader, actor: Actor, case_id: int) -> Case:
    """One case as the actor sees it, with what the flags said for those who may decide."""
    actor.signed_in()
    rows = await tx.rows(_BY_ID, ids=[case_id], viewer=actor.id, **seen_by(actor))
    if not rows:
        raise NotFound
    [(case, row)] = await _show(tx, actor, rows)
    case = _personal(actor, case, row)
    if case.involved:
        return case
    return replace(case, notes=[note["note"] for note in await tx.rows(_NOTES, case=case_id)])


async def find_cases(tx: Reader, viewer: Actor, ids: Sequence[int]) -> dict[int, Case]:
    """The cases as a class of listeners sees them, without what is personal."""
    rows = await tx.rows(_BY_ID, ids=list(ids), viewer=None, **seen_by(viewer))
    return {case.id: case for case, _ in await _show(tx, viewer, rows)}


async def _show(tx: Reader, viewer: Actor, rows: Sequence[Record]) -> list[tuple[Case, Record]]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    texts = await read_posts_by_id(tx, viewer, [row["object_id"] for row in rows])
    decided = await read_decisions(tx, ids)
    counted: dict[int, list[CountedReason]] = defaultdict(list)
    for reason in await tx.rows(_REASONS, ids=ids):
        counted[reason["case_id"]].append(CountedReason(reason["reason"], reason["count"]))
    return [(_case(row, counted[row["id"]], decided.get(row["id"], []), texts), row) for row in rows]


def _case(row: Record, reasons: list[CountedReason], decided: list[Decision], texts: dict[int, Post]) -> Case:
    return Case(
        id=row["id"],
        object=ObjectName(row["object_kind"], row["object_id"]),
        sector=row["slug"],
        state=row["state"],
        version=row["version"],
        reasons=reasons,
        opened_at=row["opened_at"],
        decisions=decided,
        post=texts.get(row["object_id"]),
    )


def _personal(actor: Actor, case: Case, row: Record) -> Case:
    return replace(case, involved=is_involved(actor, row))


async def _streams(tx: Reader, actor: Actor, epoch: str) -> list[Stream]:
    moderated: list[Any] = sorted(actor.moderates)
    if actor.is_administrator:
        moderated = [row["id"] for row in await tx.rows(_SECTORS)]
    names = [f"queue:{sector}" for sector in moderated]
    heads = await read_heads(tx, names)
    return [Stream(name, epoch, heads.get(name, 0)) for name in names]
