"""Reports from anyone, with or without an account, that content is illegal or against the rules."""

from secrets import token_urlsafe
from typing import Any

from asyncpg import Record
from sqlalchemy import bindparam, insert

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound, Refusal, every_refusal, refuse_all
from core.languages.texts import translatable
from core.text import tidy
from members.policy import AdministratorsOnly
from moderation.audit.audit_trail import audit_case_action, audit_notice
from moderation.cases.cases import get_case, open_or_join_case
from moderation.events import DangerFlagged, ReportReceived
from moderation.flags.flags import lock_flagged
from moderation.flags.reported_urls import AddressUnknown, resolve_url
from moderation.flags.shapes import NewReport, Report, Reporter, Reporters, ReportOutcome, RevealReporters
from moderation.policy import UNDO_WINDOW, FlaggedFacts, can_appeal_report
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from moderation.shapes import ObjectReference
from moderation.tables import flags, reports
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_EARLIER_REPORT = statement("""
SELECT reference, case_id, member_id FROM reports
WHERE object_kind = :kind AND object_id = :object AND why = :why AND email IS NOT DISTINCT FROM CAST(:email AS text)
ORDER BY member_id IS NOT DISTINCT FROM CAST(:member AS bigint) DESC, id DESC LIMIT 1
""")
INSERT_REPORT = statement(
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
EXISTS_FLAG = statement("""
SELECT FROM flags WHERE object_kind = :kind AND object_id = :object AND member_id = :member
""")
INSERT_REPORT_FLAG = statement(
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
SELECT_REPORT = statement("""
SELECT r.reference, r.address, r.reason, r.received_at, d.action, d.rule, d.facts, d.decided_at, d.reversed_at,
    EXISTS (SELECT FROM appeals a WHERE a.decision_id = d.id AND a.report_id = r.id) AS is_appealed
FROM reports r LEFT JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at <= :decided_before
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON true
WHERE r.reference = :reference
""")
SELECT_REPORTERS = statement("""
SELECT f.flagged_at, r.name, coalesce(r.email, m.email) AS email, m.handle
FROM flags f LEFT JOIN reports r ON r.id = f.report_id LEFT JOIN members m ON m.id = coalesce(f.member_id, r.member_id)
WHERE f.case_id = :case ORDER BY f.flagged_at, f.id
""")
INSERT_REPORTER_LOOK = statement("""
INSERT INTO reporter_looks (case_id, member_id, reason, looked_at) VALUES (:case, :member, :reason, :now)
""")


class GoodFaithMissing(Invalid):
    """A report needs a statement that it is made in good faith."""

    message = translatable("Confirm that your report is accurate and complete to the best of your knowledge.")


class WhyMissing(Invalid):
    """A report needs an explanation."""

    message = translatable("Explain why this is illegal or against the rules.")


class WhoMissing(Invalid):
    """A report needs the reporter's name and e-mail address. Only reports of child abuse may be anonymous."""

    message = translatable(
        "Enter your name and e-mail address. Only the abuse of a child can be reported anonymously."
    )


async def send_report(tx: Transaction, actor: Actor, new: NewReport) -> Report:
    """Store a report: open a case about its subject, or join the open one.

    A member who sends the same report again gets the first one. For a visitor it would be enough to guess who reported what
    in which words, so a visitor gets a reference of their own; the moderators and the e-mails do not repeat it. Raises
    GoodFaithMissing, WhyMissing, WhoMissing or AddressUnknown.
    """
    subject, path = await _resolve_complete_report(tx, actor, new)
    why, now = tidy(new.why), clock.now()
    facts = await lock_flagged(tx, actor, subject)
    if facts.state != "published":
        raise AddressUnknown(field="address")
    email = new.email.strip() if new.email else None
    earlier = await tx.row(
        SELECT_EARLIER_REPORT, kind=subject.kind, object=subject.id, why=why, email=email, member=actor.id
    )
    if earlier is not None and actor.id is not None and earlier["member_id"] == actor.id:
        return await show_report(tx, earlier["reference"])

    case = await open_or_join_case(tx, subject, facts.sector_id, new.reason, now)
    columns: dict[str, object] = {"object_kind": subject.kind, "object_id": subject.id}
    columns |= {"case_id": case.case_id, "reason": new.reason}
    reference = token_urlsafe(16)
    report_id = await tx.value(
        INSERT_REPORT,
        reference=reference,
        address=f"{tx.site}{path}",
        why=why,
        name=tidy(new.name) if new.name else None,
        email=email,
        letters_in=new.letters_in,
        member_id=actor.id,
        received_at=now,
        **columns,
    )
    if earlier is None or earlier["case_id"] != case.case_id:
        await _announce(tx, actor, facts, report_id, {"note": why, "flagged_at": now, **columns})
        await tx.record(case)
    return await show_report(tx, reference)


async def _announce(
    tx: Transaction, actor: Actor, facts: FlaggedFacts, report_id: int, flag: dict[str, Any]
) -> None:
    """Flag the subject of a report for the moderators, and have the receipt sent."""
    subject = ObjectReference(flag["object_kind"], flag["object_id"])
    await tx.run(
        INSERT_REPORT_FLAG, member_id=await _flagging_member(tx, actor, subject), report_id=report_id, **flag
    )
    audit_notice(tx, facts, flag["case_id"], flag["reason"], report_id)
    await tx.record(ReportReceived(report_id=report_id))
    if flag["reason"] == "danger":
        await tx.record(DangerFlagged(case_id=flag["case_id"]))


async def show_report(tx: Reader, reference: str) -> Report:
    """Return a report by its reference, which only the reporter has; raise NotFound if there is none."""
    row = await tx.row(SELECT_REPORT, reference=reference, decided_before=clock.now() - UNDO_WINDOW)
    if row is None:
        raise NotFound
    outcome = _outcome(row, await load_templates(tx))
    return Report(
        reference=row["reference"],
        address=row["address"],
        reason=row["reason"],
        received_at=row["received_at"],
        state="decided" if outcome else "received",
        outcome=outcome,
        may_appeal=outcome is not None and not row["is_appealed"] and can_appeal_report(row, clock.now()),
    )


async def reveal_reporters(
    tx: Transaction, actor: Actor, case_id: int, request: RevealReporters
) -> Reporters:
    """Return who reported the subject of a case, and log this with the reason. Raises NotFound, or AdministratorsOnly
    for everybody else."""
    actor.signed_in()
    case = await get_case(tx, actor, case_id)
    ensure_can_see_reporters(actor)
    rows = await tx.rows(SELECT_REPORTERS, case=case_id)
    await tx.run(
        INSERT_REPORTER_LOOK, case=case_id, member=actor.id, reason=tidy(request.reason), now=clock.now()
    )
    audit_case_action(tx, "reporters_seen", actor, case, reason=tidy(request.reason))
    return Reporters([_reporter(row) for row in rows])


async def _resolve_complete_report(
    tx: Transaction, actor: Actor, new: NewReport
) -> tuple[ObjectReference, str]:
    with every_refusal() as each:
        with each.check():
            ensure_report_is_complete(new)
        return await resolve_url(tx, actor, new.address, new.whole)


def ensure_report_is_complete(new: NewReport) -> None:
    """Raise GoodFaithMissing, WhyMissing or WhoMissing if a report lacks what article 16 of the Digital Services Act
    requires."""
    missing: list[Refusal] = []
    if not new.good_faith:
        missing.append(GoodFaithMissing(field="good_faith"))
    if not tidy(new.why):
        missing.append(WhyMissing(field="why"))
    if new.reason != "child_abuse":
        if not new.name or not tidy(new.name):
            missing.append(WhoMissing(field="name"))
        if not new.email:
            missing.append(WhoMissing(field="email"))
    refuse_all(missing)


def ensure_can_see_reporters(actor: Actor) -> None:
    """Raise AdministratorsOnly unless the actor is an administrator."""
    if not actor.is_administrator:
        raise AdministratorsOnly


async def _flagging_member(tx: Transaction, actor: Actor, subject: ObjectReference) -> int | None:
    # A member has at most one flag on an object: if they have one, the flag of their report belongs to no member.
    if actor.id is None:
        return None
    flagged = await tx.row(EXISTS_FLAG, kind=subject.kind, object=subject.id, member=actor.id)
    return None if flagged is not None else actor.id


def _outcome(row: Record, templates: Templates) -> ReportOutcome | None:
    if row["action"] is None:
        return None
    reason = templates.for_reader(row["rule"], row["facts"], row["decided_at"])
    return ReportOutcome(
        action=row["action"], reason=reason, at=row["decided_at"], is_reversed=row["reversed_at"] is not None
    )


def _reporter(row: Record) -> Reporter:
    return Reporter(name=row["name"], email=row["email"], handle=row["handle"], reported_at=row["flagged_at"])
