"""Decisions as moderators see them, with names, and as everybody sees them in the public log, without names."""

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
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from moderation.shapes import Decision, ObjectReference, Reversal
from moderation.tables import case_subjects, cases, decisions, moderator_names, sanctions
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import Statement, statement

PAGE = 50
ALL_DECISIONS = LedgerFilter()

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]

_decider = members.alias("who")
_reverser = members.alias("undid")
_SHOWN_DECISIONS = (
    select(
        *decisions.c[
            ("id", "case_id", "action", "rule", "facts", "decided_at", "reversal_facts", "reversed_at")
        ],
        sanctions.c.until,
        _decider.c.id.label("by_id"),
        _decider.c.handle.label("by_handle"),
        _decider.c.display_name.label("by_name"),
        _reverser.c.id.label("undid_id"),
        _reverser.c.handle.label("undid_handle"),
        _reverser.c.display_name.label("undid_name"),
    )
    .outerjoin(sanctions, sanctions.c.decision_id == decisions.c.id)
    .outerjoin(_decider, _decider.c.id == decisions.c.decided_by)
    .outerjoin(_reverser, _reverser.c.id == decisions.c.reversed_by)
    .where(decisions.c.undone_at.is_(None))
)
SELECT_CASE_DECISIONS = statement(
    _SHOWN_DECISIONS.where(
        decisions.c.case_id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))
    ).order_by(decisions.c.decided_at, decisions.c.id)
)
SELECT_DECISION = statement(_SHOWN_DECISIONS.where(decisions.c.id == bindparam("id")))


_decider_name = moderator_names.alias("name")
_reverser_name = moderator_names.alias("undoer_name")


def _is_name_at(
    names: NamedFromClause[Any], member: ColumnElement[Any], at: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Return the predicate for the pseudonym that a member had in the month of this time."""
    month = func.date_trunc("month", func.timezone("UTC", at))
    return and_(names.c.member_id == member, names.c.month == month)


def _matches_filter(name: str, kind: type[Text | Boolean], column: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(bindparam(name, type_=kind()).is_(None), column == bindparam(name, type_=kind()))


def _select_page(following: bool) -> Statement:
    key = (decisions.c.decided_at, decisions.c.id)
    query = (
        select(
            *decisions.c[("id", "case_id", "action", "rule", "facts", "decided_at")],
            *decisions.c[("reversal_facts", "reversed_at")],
            *cases.c[("object_kind", "object_id")],
            sectors.c.slug,
            sanctions.c.until,
            _decider_name.c.name.label("moderator"),
            _reverser_name.c.name.label("undone_by"),
        )
        .join(cases, cases.c.id == decisions.c.case_id)
        .outerjoin(sectors, sectors.c.id == cases.c.sector_id)
        .join(case_subjects, case_subjects.c.case_id == cases.c.id)
        .outerjoin(sanctions, sanctions.c.decision_id == decisions.c.id)
        .outerjoin(_decider_name, _is_name_at(_decider_name, decisions.c.decided_by, decisions.c.decided_at))
        .outerjoin(
            _reverser_name, _is_name_at(_reverser_name, decisions.c.reversed_by, decisions.c.reversed_at)
        )
        .where(
            _matches_filter("sector", Text, sectors.c.slug),
            _matches_filter("action", Text, decisions.c.action),
            _matches_filter("moderator", Text, _decider_name.c.name),
            _matches_filter("is_reversed", Boolean, decisions.c.reversed_at.is_not(None)),
        )
        # Decisions about content that is not public are shown only to its moderators.
        .where(case_subjects.c.is_public)
        # A decision is published only when it can no longer be undone.
        .where(decisions.c.undone_at.is_(None), decisions.c.decided_at <= bindparam("decided_before"))
        .order_by(*(column.desc() for column in key))
        .limit(bindparam("count", type_=Integer))
    )
    if following:
        at = bindparam("at", type_=DateTime(timezone=True))
        query = query.where(tuple_(*key) < tuple_(at, bindparam("id", type_=BigInteger)))
    return statement(query)


SELECT_LEDGER_PAGES = {following: _select_page(following) for following in (True, False)}


async def read_decisions(tx: Reader, case_ids: Sequence[int]) -> dict[int, list[Decision]]:
    """Return the decisions about these cases by case id, oldest first."""
    found: dict[int, list[Decision]] = defaultdict(list)
    rows = await tx.rows(SELECT_CASE_DECISIONS, ids=list(case_ids))
    templates = await load_templates(tx) if rows else Templates()
    for row in rows:
        found[row["case_id"]].append(_decision(row, templates))
    return found


async def show_decision(tx: Reader, decision_id: int) -> Decision:
    """Return one decision with its moderator; raise NotFound if there is none or it was undone."""
    row = await tx.row(SELECT_DECISION, id=decision_id)
    if row is None:
        raise NotFound
    return _decision(row, await load_templates(tx))


async def read_ledger(tx: Reader, after: str | None = None, only: LedgerFilter = ALL_DECISIONS) -> LedgerPage:
    """Return one page of the public decisions, newest first. It is open to everybody and names nobody."""
    binds: dict[str, object] = {"count": PAGE + 1, "decided_before": clock.now() - UNDO_WINDOW}
    binds |= {"sector": only.sector, "action": only.action, "moderator": only.moderator}
    binds["is_reversed"] = only.reversed
    if after is not None:
        binds["at"], binds["id"] = decode_cursor(after, tuple[datetime, _Id])
    rows = await tx.rows(SELECT_LEDGER_PAGES[after is not None], **binds)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    following = None if last is None else encode_cursor(last["decided_at"], last["id"])
    templates = await load_templates(tx)
    return LedgerPage([_entry(row, templates) for row in rows[:PAGE]], following)


def _decision(row: Record, templates: Templates) -> Decision:
    return Decision(
        id=row["id"],
        case=row["case_id"],
        action=row["action"],
        reason=templates.for_reader(row["rule"], row["facts"], row["decided_at"]),
        by=author_of(row["by_id"], row["by_handle"], row["by_name"], None),
        at=row["decided_at"],
        undo_until=row["decided_at"] + UNDO_WINDOW,
        until=row["until"],
        reversal=_reversal(row, author_of(row["undid_id"], row["undid_handle"], row["undid_name"], None)),
    )


def _entry(row: Record, templates: Templates) -> LedgerEntry:
    return LedgerEntry(
        id=row["id"],
        case=row["case_id"],
        object=ObjectReference(row["object_kind"], row["object_id"]),
        sector=row["slug"],
        action=row["action"],
        reason=templates.for_reader(row["rule"], row["facts"], row["decided_at"]),
        at=row["decided_at"],
        until=row["until"],
        moderator=row["moderator"],
        reversal=_with_name(_reversal(row, UNSET), row["undone_by"]),
    )


def _with_name(reversal: Reversal | None, name: str | None) -> Reversal | None:
    return None if reversal is None else replace(reversal, moderator=name)


def _reversal(row: Record, by: Author | None | UnsetType) -> Reversal | None:
    if row["reversed_at"] is None:
        return None
    return Reversal(facts=row["reversal_facts"], at=row["reversed_at"], by=by)
