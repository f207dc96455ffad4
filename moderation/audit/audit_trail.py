"""The audit log of moderation: writing to it, and reading it.

It never names people who reported, flagged or appealed, nor authors; it names the subject and the moderator who acted.
"""

from typing import Annotated, Any

from asyncpg import Record
from msgspec import Meta

from core.actor import Actor
from forum.authors import author_of
from forum.visibility import seen_by
from moderation.audit.shapes import UNFILTERED, AuditEntry, AuditFilter, AuditPage
from moderation.policy import CaseFacts, FlaggedFacts, ensure_can_read_audit
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader, Transaction
from storage.statements import statement

PAGE = 50

_MAX_NUMBER = 2**63 - 1
_Number = Annotated[int, Meta(ge=0, le=_MAX_NUMBER)]
SELECT_AUDIT_PAGE = statement("""
SELECT a.number, a.at, a.kind, a.about, a.hash, s.slug, a.gathering_id, m.id, m.handle, m.display_name, m.picture
FROM audit a LEFT JOIN members m ON m.id = a.by_id LEFT JOIN sectors s ON s.id = a.sector_id
WHERE a.number < :before AND (:administers OR a.sector_id = ANY(CAST(:moderated AS bigint[]))
        OR a.gathering_id = ANY(CAST(:hosted AS bigint[])))
    AND (CAST(:kind AS text) IS NULL OR a.kind = :kind) AND (CAST(:sector AS text) IS NULL OR s.slug = :sector)
ORDER BY a.number DESC LIMIT :count
""")


async def read_audit(
    tx: Reader, actor: Actor, after: str | None = None, only: AuditFilter = UNFILTERED
) -> AuditPage:
    """Return one page of the audit log of the sectors and gatherings where the actor has a duty, newest first;
    administrators see all. Raises NotModerator."""
    ensure_can_read_audit(actor)
    [before] = decode_cursor(after, tuple[_Number]) if after is not None else [_MAX_NUMBER]
    seen = {name: seen_by(actor)[name] for name in ("administers", "moderated", "hosted")}
    binds = {"kind": only.kind, "sector": only.sector, "count": PAGE + 1, **seen}
    rows = await tx.rows(SELECT_AUDIT_PAGE, before=before, **binds)
    following = encode_cursor(rows[PAGE - 1]["number"]) if len(rows) > PAGE else None
    return AuditPage([_entry(row) for row in rows[:PAGE]], following)


def audit_case_action(tx: Transaction, kind: str, actor: Actor, case: CaseFacts, **facts: Any) -> None:
    """Record in the audit log what a moderator did about a case."""
    tx.audit(kind, actor.id, sector=case.sector_id, gathering=case.gathering_id, case=case.id, **facts)


def audit_notice(
    tx: Transaction, place: FlaggedFacts, case_id: int, reason: str, report_id: int | None = None
) -> None:
    """Record in the audit log that something was flagged or reported, without saying by whom."""
    report = {} if report_id is None else {"report": report_id}
    tx.audit(
        "noticed", sector=place.sector_id, gathering=place.gathering_id, case=case_id, reason=reason, **report
    )


def audit_appeal(tx: Transaction, decision: Record, appeal_id: int) -> None:
    """Record in the audit log that a decision was appealed, without saying by whom."""
    where = {"sector": decision["sector_id"], "gathering": decision["gathering_id"]}
    tx.audit("appealed", **where, case=decision["case_id"], decision=decision["id"], appeal=appeal_id)


def _entry(row: Record) -> AuditEntry:
    return AuditEntry(
        number=row["number"],
        at=row["at"],
        kind=row["kind"],
        by=author_of(row["id"], row["handle"], row["display_name"], None, row["picture"]),
        sector=row["slug"],
        gathering=row["gathering_id"],
        about=row["about"],
        hash=row["hash"].hex(),
    )
