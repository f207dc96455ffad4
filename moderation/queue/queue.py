"""Reading cases: a page of a moderator's cases, one case, and the cases that events name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, get_args

from asyncpg import Record
from msgspec import Meta
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy import case as case_of
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.errors import NotFound
from core.languages.texts import gettext
from forum.posts.held_posts import find_held_posts
from forum.posts.post_pages import read_posts_by_id
from forum.posts.shapes_held import HeldPost
from forum.shapes import Post
from forum.tables import sectors
from forum.visibility import seen_by
from gatherings.tables import rooms
from moderation.cases.cases import HAS_FLAGGED, is_involved
from moderation.cases.claims import read_claims
from moderation.cases.notes import read_notes
from moderation.cases.priority import CasePriority, compute_priorities
from moderation.cases.subjects import read_subjects
from moderation.events import queue_channel
from moderation.ledger.ledger import read_decisions
from moderation.policy import ensure_can_read_queue
from moderation.queue.host_approvals import count_pending
from moderation.rules.matches import read_matches
from moderation.shapes import (
    Case,
    CaseClaim,
    CaseFilter,
    CasePage,
    CaseState,
    CountedReason,
    Decision,
    ObjectReference,
    WaitingCounts,
)
from moderation.shapes_matches import RuleMatch
from moderation.tables import case_subjects, cases, flags
from moderation.visibility import visible_cases
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream, read_heads
from storage.statements import Statement, statement

PAGE = 20
# A rule adds as much to the score as a spam flag by a reporter without a record.
SCORE_BY_RULE = 1.4
OPEN_CASES = CaseFilter()

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Urgency = Annotated[int, Meta(ge=0, le=9)]

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_SHOWN_CASES = (
    select(
        *cases.c[
            ("id", "object_kind", "object_id", "state", "version", "opened_at", "escalated_at", "language")
        ],
        sectors.c.slug,
        *case_subjects.c[("topic_id", "author_id", "pseudonym")],
        HAS_FLAGGED.label("has_flagged"),
    )
    .outerjoin(sectors, sectors.c.id == cases.c.sector_id)
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .where(visible_cases())
)
SELECT_CASES = statement(_SHOWN_CASES.where(cases.c.id == func.any(_ids)))
SELECT_FLAG_REASONS = statement(
    select(flags.c.case_id, flags.c.reason, func.count().label("count"))
    .where(flags.c.case_id == func.any(_ids))
    .group_by(flags.c.case_id, flags.c.reason)
    .order_by(func.count().desc(), flags.c.reason)
)
SELECT_FLAG_NOTES = statement(
    select(flags.c.note)
    .where(flags.c.case_id == bindparam("case"), flags.c.note != "")
    .order_by(flags.c.flagged_at, flags.c.id)
)
COUNT_OPEN_CASES = statement(
    select(func.count())
    .select_from(cases)
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .where(cases.c.state == "open", visible_cases())
)
SELECT_SECTOR_IDS = statement(select(sectors.c.id).order_by(sectors.c.place))


def _is_flagged(reason: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(flags.c.case_id == cases.c.id, flags.c.reason == reason)


_IS_LIVE = exists().where(rooms.c.topic_id == case_subjects.c.topic_id, rooms.c.state == "open")
# Danger to a person comes first, then cases in rooms that are open now; within each group the oldest case comes first.
_URGENCY = case_of((_is_flagged(literal("danger")), 0), (_IS_LIVE, 1), else_=2)


def _matches_filter(
    column: ColumnElement[Any], name: str, matches: ColumnElement[bool]
) -> ColumnElement[bool]:
    return or_(bindparam(name, type_=column.type).is_(None), matches)


def _select_page(state: CaseState, following: bool) -> Statement:
    key: tuple[ColumnElement[Any], ...] = (cases.c.opened_at, cases.c.id)
    here = [bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=BigInteger)]
    if state == "open":
        key, here = (_URGENCY, *key), [bindparam("turn", type_=Integer), *here]
    in_sector = sectors.c.slug == bindparam("sector", type_=Text)
    for_reason = _is_flagged(bindparam("reason", type_=Text))
    query = _SHOWN_CASES.add_columns(_URGENCY.label("turn")).where(
        cases.c.state == bindparam("state"),
        _matches_filter(sectors.c.slug, "sector", in_sector),
        _matches_filter(flags.c.reason, "reason", for_reason),
        _matches_filter(cases.c.language, "language", cases.c.language == bindparam("language", type_=Text)),
    )
    if following:
        query = query.where(tuple_(*key) > tuple_(*here) if state == "open" else tuple_(*key) < tuple_(*here))
    query = query.order_by(*(key if state == "open" else (column.desc() for column in key)))
    return statement(query.limit(bindparam("count", type_=Integer)))


SELECT_CASE_PAGES: dict[tuple[CaseState, bool], Statement] = {
    (state, following): _select_page(state, following)
    for state in get_args(CaseState)
    for following in (True, False)
}


async def read_cases(
    tx: Reader, actor: Actor, epoch: str, only: CaseFilter = OPEN_CASES, after: str | None = None
) -> CasePage:
    """Return one page of the cases that the actor can see: those of the sectors they moderate and of the rooms they
    host. Raises NotModerator."""
    state = only.state
    ensure_can_read_queue(actor)
    streams = await _read_streams(tx, actor, epoch)
    binds = {"state": state, "count": PAGE + 1, "viewer": actor.id, **seen_by(actor)}
    binds |= {"sector": only.sector, "reason": only.reason, "language": only.language}
    if after is not None and state == "open":
        binds["turn"], binds["at"], binds["id"] = decode_cursor(after, tuple[_Urgency, datetime, _Id])
    elif after is not None:
        binds["at"], binds["id"] = decode_cursor(after, tuple[datetime, _Id])
    rows = await tx.rows(SELECT_CASE_PAGES[state, after is not None], **binds)
    shown = await _load_cases(tx, actor, rows[:PAGE])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    turn = [last["turn"]] if last and state == "open" else []
    following = None if last is None else encode_cursor(*turn, last["opened_at"], last["id"])
    return CasePage([_for_viewer(actor, case, row) for case, row in shown], following, streams)


async def count_waiting(tx: Reader, actor: Actor) -> WaitingCounts:
    """Return the number of open cases that the actor can see, plus the items that wait for their approval as a host."""
    ensure_can_read_queue(actor)
    pending = await count_pending(tx, actor)
    return WaitingCounts(await tx.value(COUNT_OPEN_CASES, **seen_by(actor)) + pending, pending)


async def show_case(tx: Reader, actor: Actor, case_id: int) -> Case:
    """Return one case as the actor sees it, with the notes of flags and moderators if they may decide it. Raises
    NotFound."""
    actor.signed_in()
    rows = await tx.rows(SELECT_CASES, ids=[case_id], viewer=actor.id, **seen_by(actor))
    if not rows:
        raise NotFound
    [(case, row)] = await _load_cases(tx, actor, rows)
    case = _for_viewer(actor, case, row)
    if case.involved:
        return case
    flag_notes = [row["note"] for row in await tx.rows(SELECT_FLAG_NOTES, case=case_id)]
    return replace(case, notes=flag_notes, discussion=await read_notes(tx, case_id))


async def find_cases(tx: Reader, viewer: Actor, ids: Sequence[int]) -> dict[int, Case]:
    """Return cases by id as an audience of an event sees them, without the fields that depend on the viewer."""
    rows = await tx.rows(SELECT_CASES, ids=list(ids), viewer=None, **seen_by(viewer))
    return {case.id: case for case, _ in await _load_cases(tx, viewer, rows)}


async def _load_cases(tx: Reader, viewer: Actor, rows: Sequence[Record]) -> list[tuple[Case, Record]]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    about = [row["object_id"] for row in rows if row["object_kind"] == "post"]
    texts = await read_posts_by_id(tx, viewer, about)
    subjects = await read_subjects(tx, ids) if len(about) < len(rows) else {}
    decided = await read_decisions(tx, ids)
    claims = await read_claims(tx, ids)
    weights = await compute_priorities(tx, ids)
    matches = await read_matches(tx, (ObjectReference(row["object_kind"], row["object_id"]) for row in rows))
    posts = [subject.id for subject in matches if subject.kind == "post"]
    held = await find_held_posts(tx, posts) if posts else {}
    counted: dict[int, list[CountedReason]] = defaultdict(list)
    for reason in await tx.rows(SELECT_FLAG_REASONS, ids=ids):
        counted[reason["case_id"]].append(CountedReason(reason["reason"], reason["count"]))
    made = [(_case(row, counted[row["id"]], decided.get(row["id"], []), texts), row) for row in rows]
    return [
        (
            _add_details(
                replace(case, subject=subjects.get(case.id)),
                claims.get(case.id),
                weights[case.id],
                matches,
                held,
            ),
            row,
        )
        for case, row in made
    ]


def _case(row: Record, reasons: list[CountedReason], decided: list[Decision], texts: dict[int, Post]) -> Case:
    return Case(
        id=row["id"],
        object=ObjectReference(row["object_kind"], row["object_id"]),
        sector=row["slug"],
        language=row["language"],
        state=row["state"],
        version=row["version"],
        reasons=reasons,
        opened_at=row["opened_at"],
        escalated_at=row["escalated_at"],
        decisions=decided,
        post=texts.get(row["object_id"]) if row["object_kind"] == "post" else None,
    )


def _add_details(
    case: Case,
    claim: CaseClaim | None,
    weight: CasePriority,
    matches: Mapping[ObjectReference, list[RuleMatch]],
    held: Mapping[int, HeldPost],
) -> Case:
    caught = matches.get(case.object, [])
    waits = held.get(case.object.id) if caught and case.object.kind == "post" else None
    names = dict.fromkeys(match.name for match in caught)
    words = [*(gettext("caught by the rule %(name)s", name=name) for name in names), *weight.words]
    score = round(weight.score + SCORE_BY_RULE * len({match.rule for match in caught}), 1)
    return replace(case, claim=claim, score=score, because=words, matches=caught, held=waits)


def _for_viewer(actor: Actor, case: Case, row: Record) -> Case:
    return replace(case, involved=is_involved(actor, row))


async def _read_streams(tx: Reader, actor: Actor, epoch: str) -> list[Stream]:
    moderated: list[Any] = sorted(actor.moderates)
    if actor.is_administrator:
        moderated = [row["id"] for row in await tx.rows(SELECT_SECTOR_IDS)]
    # None stands for the queue of profiles, which belong to no sector.
    names = [queue_channel(sector) for sector in ([*moderated, None] if moderated else [])]
    if not actor.is_administrator:
        names += [f"hosting:{gathering}" for gathering in sorted(actor.hosts)]
    heads = await read_heads(tx, names)
    return [Stream(name, epoch, heads.get(name, 0)) for name in names]
