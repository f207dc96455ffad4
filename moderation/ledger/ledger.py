"""Decisions as they are shown: to moderators with names, to everybody in the ledger without."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from asyncpg import Record
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import NamedFromClause

from core import clock
from core.errors import NotFound
from forum.authors import author_of
from forum.tables import sectors
from members.shapes import Author
from members.tables import members
from moderation.ledger.shapes import LedgerEntry, LedgerFilter, LedgerPage
from moderation.policy import UNDO_WINDOW
from moderation.shapes import Decision, ObjectName, Reason, Reversal
from moderation.tables import case_subjects, cases, decisions, moderator_names, sanctions
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import Statement, statement

PAGE = 50
ALL = LedgerFilter()

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]

_who = members.alias("who")
_undid = members.alias("undid")
_DECISIONS = (
    select(
        *decisions.c[
            ("id", "case_id", "action", "rule", "facts", "decided_at", "reversal_facts", "reversed_at")
        ],
        sanctions.c.until,
        _who.c.id.label("by_id"),
        _who.c.handle.label("by_handle"),
        _who.c.display_name.label("by_name"),
        _undid.c.id.label("undid_id"),
        _undid.c.handle.label("undid_handle"),
        _undid.c.display_name.label("undid_name"),
    )
    .outerjoin(sanctions, sanctions.c.decision_id == decisions.c.id)
    .outerjoin(_who, _who.c.id == decisions.c.decided_by)
    .outerjoin(_undid, _undid.c.id == decisions.c.reversed_by)
    .where(decisions.c.undone_at.is_(None))
)
_OF_CASES = statement(
    _DECISIONS.where(decisions.c.case_id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))).order_by(
        decisions.c.decided_at, decisions.c.id
    )
)
_ONE = statement(_DECISIONS.where(decisions.c.id == bindparam("id")))


_name = moderator_names.alias("name")
_undoer_name = moderator_names.alias("undoer_name")


def _named(
    names: NamedFromClause[Any], member: ColumnElement[Any], at: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whose name in the month of a moment it is."""
    month = func.date_trunc("month", func.timezone("UTC", at))
    return and_(names.c.member_id == member, names.c.month == month)


def _only(name: str, kind: type[Text | Boolean], column: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(bindparam(name, type_=kind()).is_(None), column == bindparam(name, type_=kind()))


def _page(following: bool) -> Statement:
    key = (decisions.c.decided_at, decisions.c.id)
    query = (
        select(
            *decisions.c[("id", "case_id", "action", "rule", "facts", "decided_at")],
            *decisions.c[("reversal_facts", "reversed_at")],
            *cases.c[("object_kind", "object_id")],
            sectors.c.slug,
            sanctions.c.until,
            _name.c.name.label("moderator"),
            _undoer_name.c.name.label("undone_by"),
        )
        .join(cases, cases.c.id == decisions.c.case_id)
        .outerjoin(sectors, sectors.c.id == cases.c.sector_id)
        .join(case_subjects, case_subjects.c.case_id == cases.c.id)
        .outerjoin(sanctions, sanctions.c.decision_id == decisions.c.id)
        .outerjoin(_name, _named(_name, decisions.c.decided_by, decisions.c.decided_at))
        .outerjoin(_undoer_name, _named(_undoer_name, decisions.c.reversed_by, decisions.c.reversed_at))
        .where(
            _only("sector", Text, sectors.c.slug),
            _only("action", Text, decisions.c.action),
            _only("moderator", Text, _name.c.name),
            _only("is_reversed", Boolean, decisions.c.reversed_at.is_not(None)),
        )
        # What was decided where not everyone reads is for those who moderate there.
        .where(case_subjects.c.is_public)
        # As long as it can be undone without a trace it is not published.
        .where(decisions.c.undone_at.is_(None), decisions.c.decided_at <= bindparam("settled"))
        .order_by(*(column.desc() for column in key))
        .limit(bindparam("count", type_=Integer))
    )
    if following:
        at = bindparam("at", type_=DateTime(timezone=True))
        query = query.where(tuple_(*key) < tuple_(at, bindparam("id", type_=BigInteger)))
    return statement(query)


_PAGES = {following: _page(following) for following in (True, False)}


async def read_decisions(tx: Reader, case_ids: Sequence[int]) -> dict[int, list[Decision]]:
    """What was decided about cases, by case, the earliest first."""
    found: dict[int, list[Decision]] = defaultdict(list)
    for row in await tx.rows(_OF_CASES, ids=list(case_ids)):
        found[row["case_id"]].append(_decision(row))
    return found


async def show_decision(tx: Reader, decision_id: int) -> Decision:
    """One decision, with who made it."""
    row = await tx.row(_ONE, id=decision_id)
    if row is None:
        raise NotFound
    return _decision(row)


async def read_ledger(tx: Reader, after: str | None = None, only: LedgerFilter = ALL) -> LedgerPage:
    """One page of all decisions, the latest first; open to everybody, and naming nobody."""
    binds: dict[str, object] = {"count": PAGE + 1, "settled": clock.now() - UNDO_WINDOW}
    binds |= {"sector": only.sector, "action": only.action, "moderator": only.moderator}
    binds["is_reversed"] = only.reversed
    if after is not None:
        binds["at"], binds["id"] = decode_cursor(after, tuple[datetime, _Id])
    rows = await tx.rows(_PAGES[after is not None], **binds)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    following = None if last is None else encode_cursor(last["decided_at"], last["id"])
    return LedgerPage([_entry(row) for row in rows[:PAGE]], following)


def _decision(row: Record) -> Decision:
    return Decision(
        id=row["id"],
        case=row["case_id"],
        action=row["action"],
        reason=_reason(row),
        by=author_of(row["by_id"], row["by_handle"], row["by_name"], None),
        at=row["decided_at"],
        undo_until=row["decided_at"] + UNDO_WINDOW,
        until=row["until"],
        reversal=_reversal(row, author_of(row["undid_id"], row["undid_handle"], row["undid_name"], None)),
    )


def _entry(row: Record) -> LedgerEntry:
    return LedgerEntry(
        id=row["id"],
        case=row["case_id"],
        object=ObjectName(row["object_kind"], row["object_id"]),
        sector=row["slug"],
        action=row["action"],
        reason=_reason(row),
        at=row["decided_at"],
        until=row["until"],
        moderator=row["moderator"],
        reversal=_with_name(_reversal(row, UNSET), row["undone_by"]),
    )


def _with_name(reversal: Reversal | None, name: str | None) -> Reversal | None:
    return None if reversal is None else replace(reversal, moderator=name)


def _reason(row: Record) -> Reason | None:
    if row["rule"] is None or row["facts"] is None:
        return None
    return Reason(rule=row["rule"], facts=row["facts"])


def _reversal(row: Record, by: Author | None | UnsetType) -> Reversal | None:
    if row["reversed_at"] is None:
        return None
    return Reversal(facts=row["reversal_facts"], at=row["reversed_at"], by=by)
