"""Reports: notices from anyone that something here is illegal or against the rules, from whoever has no account, too."""

from secrets import token_urlsafe

from asyncpg import Record
from sqlalchemy import bindparam, insert

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.text import tidy
from members.policy import AdministratorsOnly
from moderation.audit.audit_trail import audit_case_action, audit_notice
from moderation.cases.cases import get_case, open_or_join_case
from moderation.events import DangerFlagged, ReportReceived
from moderation.flags.flags import lock_flagged
from moderation.flags.reported_urls import AddressUnknown, resolve_url
from moderation.flags.shapes import NewReport, Outcome, Report, Reporter, Reporters, RevealReporters
from moderation.policy import UNDO_WINDOW
from moderation.shapes import Reason
from moderation.tables import flags, reports
from storage.database import Reader, Transaction
from storage.statements import statement

_BEFORE = statement("""
SELECT reference FROM reports
WHERE object_kind = :kind AND object_id = :object AND why = :why AND email IS NOT DISTINCT FROM CAST(:email AS text)
""")
_KEEP = statement(
    insert(reports)
    .values(
        {
            name: bindparam(name)
            for name in (
                *("reference", "case_id", "object_kind", "object_id", "address", "reason", "why"),
                *("name", "email", "letters_in", "member_id", "received_at"),
            )
        }
    )
    .returning(reports.c.id)
)
_HAS_FLAGGED = statement("""
SELECT FROM flags WHERE object_kind = :kind AND object_id = :object AND member_id = :member
""")
_FLAG = statement(
    insert(flags).values(
        {
            name: bindparam(name)
            for name in (
                *("case_id", "object_kind", "object_id", "member_id", "report_id"),
                *("reason", "note", "flagged_at"),
            )
        }
    )
)
_SHOW = statement("""
SELECT r.reference, r.address, r.reason, r.received_at, d.action, d.rule, d.facts, d.decided_at, d.reversed_at
FROM reports r LEFT JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at <= :settled
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON true
WHERE r.reference = :reference
""")
_REPORTERS = statement("""
SELECT f.flagged_at, r.name, coalesce(r.email, m.email) AS email, m.handle
FROM flags f LEFT JOIN reports r ON r.id = f.report_id LEFT JOIN members m ON m.id = coalesce(f.member_id, r.member_id)
WHERE f.case_id = :case ORDER BY f.flagged_at, f.id
""")
_LOOKED = statement("""
INSERT INTO reporter_looks (case_id, member_id, reason, looked_at) VALUES (:case, :member, :reason, :now)
""")


class GoodFaithMissing(Invalid):
    """A report says that it is made in good faith."""

    message = "Say that what you report is accurate and complete as far as you know."


class WhyMissing(Invalid):
    """A report says why."""

    message = "Say why it is illegal or against the rules."


class WhoMissing(Invalid):
    """A report says who makes it; only what is about the abuse of children may come without a name."""

    message = "Say who you are. Only what is about the abuse of a child can be reported without a name."


async def send_report(tx: Transaction, actor: Actor, new: NewReport) -> Report:
    """Take a report: it opens the case of what it is about, or joins the open one. The same report again is the same one."""
    ensure_report_is_complete(new)
    why = tidy(new.why)
    name, address = await resolve_url(tx, actor, new.address, new.whole)
    about_it = await lock_flagged(tx, actor, name)
    if about_it.state != "published":
        raise AddressUnknown(field="address")
    now = clock.now()
    email = new.email.strip() if new.email else None
    whose = {"kind": name.kind, "object": name.id}
    before = await tx.value(_BEFORE, why=why, email=email, **whose)
    if before is not None:
        return await show_report(tx, before)

    case = await open_or_join_case(tx, name, about_it.sector_id, new.reason, now)
    about = {"case_id": case.case_id, "object_kind": name.kind, "object_id": name.id, "reason": new.reason}
    reference = token_urlsafe(16)
    report_id = await tx.value(
        _KEEP,
        reference=reference,
        address=f"{tx.site}{address}",
        why=why,
        name=tidy(new.name) if new.name else None,
        email=email,
        letters_in=new.letters_in,
        member_id=actor.id,
        received_at=now,
        **about,
    )
    flagged = actor.id is not None and await tx.row(_HAS_FLAGGED, member=actor.id, **whose) is not None
    member = None if flagged else actor.id
    await tx.run(_FLAG, member_id=member, report_id=report_id, note=why, flagged_at=now, **about)
    await tx.record(case)
    audit_notice(tx, about_it, case.case_id, new.reason, report_id)
    await tx.record(ReportReceived(report_id=report_id))
    if new.reason == "danger":
        await tx.record(DangerFlagged(case_id=case.case_id))
    return await show_report(tx, reference)


async def show_report(tx: Reader, reference: str) -> Report:
    """A report by its reference, which only whoever made it has."""
    row = await tx.row(_SHOW, reference=reference, settled=clock.now() - UNDO_WINDOW)
    if row is None:
        raise NotFound
    outcome = _outcome(row)
    return Report(
        reference=row["reference"],
        address=row["address"],
        reason=row["reason"],
        received_at=row["received_at"],
        state="decided" if outcome else "received",
        outcome=outcome,
    )


async def reveal_reporters(tx: Transaction, actor: Actor, case_id: int, look: RevealReporters) -> Reporters:
    """Who reported what a case is about: for administrators alone, and written down with the reason each time."""
    actor.signed_in()
    case = await get_case(tx, actor, case_id)
    ensure_can_see_reporters(actor)
    rows = await tx.rows(_REPORTERS, case=case_id)
    await tx.run(_LOOKED, case=case_id, member=actor.id, reason=tidy(look.reason), now=clock.now())
    audit_case_action(tx, "reporters_seen", actor, case, reason=tidy(look.reason))
    return Reporters([_reporter(row) for row in rows])


def ensure_report_is_complete(new: NewReport) -> None:
    """A report has all that the law wants it to have."""
    if not new.good_faith:
        raise GoodFaithMissing(field="good_faith")
    if not tidy(new.why):
        raise WhyMissing(field="why")
    if new.reason != "child_abuse":
        if not new.name or not tidy(new.name):
            raise WhoMissing(field="name")
        if not new.email:
            raise WhoMissing(field="email")


def ensure_can_see_reporters(actor: Actor) -> None:
    """Reporters are known to nobody but administrators."""
    if not actor.is_administrator:
        raise AdministratorsOnly


def _outcome(row: Record) -> Outcome | None:
    if row["action"] is None:
        return None
    reason = Reason(rule=row["rule"], facts=row["facts"]) if row["rule"] else None
    return Outcome(
        action=row["action"], reason=reason, at=row["decided_at"], is_reversed=row["reversed_at"] is not None
    )


def _reporter(row: Record) -> Reporter:
    return Reporter(name=row["name"], email=row["email"], handle=row["handle"], reported_at=row["flagged_at"])
