"""The tables of moderation."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables import metadata

# An object has at most one open case: a partial unique index of the schema ensures this.
cases = Table(
    "cases",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("object_kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    # NULL for a profile, which every moderator may decide about.
    Column("sector_id", BigInteger, ForeignKey("sectors.id")),
    Column("state", Text, nullable=False, server_default="open"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    # When the case was escalated to the administrators.
    Column("escalated_at", DateTime(timezone=True)),
    # The detected language of the subject.
    Column("language", Text),
    CheckConstraint("(sector_id IS NULL) = (object_kind = 'profile')", name="cases_lie_somewhere"),
)

# A view: the author and the place of the subject of each case, for all kinds of subjects.
case_subjects = table(
    "case_subjects",
    column("case_id", BigInteger),
    column("topic_id", BigInteger),
    column("gathering_id", BigInteger),
    column("author_id", BigInteger),
    column("pseudonym", LargeBinary),
    column("readers", Text),
    column("is_public", Boolean),
)

flags = Table(
    "flags",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    # NULL if the flag comes from a report without an account.
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),
    Column("report_id", BigInteger, ForeignKey("reports.id"), unique=True),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("flagged_at", DateTime(timezone=True), nullable=False),
    # When the member was notified of the decision.
    Column("told_at", DateTime(timezone=True)),
    UniqueConstraint("object_kind", "object_id", "member_id"),
    CheckConstraint("member_id IS NOT NULL OR report_id IS NOT NULL", name="flags_have_a_source"),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("report_id", BigInteger, ForeignKey("reports.id")),
    Column("body", Text, nullable=False),
    Column("appealed_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Column("answer", Text),
    Column("answered_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("answered_at", DateTime(timezone=True)),
    UniqueConstraint("decision_id", "member_id"),
    UniqueConstraint("decision_id", "report_id"),
    CheckConstraint("btrim(body) <> ''"),
    CheckConstraint("outcome IN ('upheld', 'reversed')"),
    CheckConstraint(
        "(outcome IS NULL) = (answer IS NULL) AND (outcome IS NULL) = (answered_at IS NULL)"
        " AND (answer IS NULL OR btrim(answer) <> '')",
        name="appeals_are_answered_in_writing",
    ),
)

# Who is reviewing a case now. A claim blocks nobody and expires.
case_claims = Table(
    "case_claims",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

# The pseudonyms of moderators in the ledger, one for each month.
moderator_names = Table(
    "moderator_names",
    metadata,
    Column("month", Date, primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, nullable=False),
    UniqueConstraint("month", "name"),
)

# Notes of moderators for each other.
case_notes = Table(
    "case_notes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("body", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("btrim(body) <> ''"),
)

# Reports from anyone (notices in the Digital Services Act). The holder of the reference can see the outcome.
reports = Table(
    "reports",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("name", Text),
    Column("email", Text),
    # The language of e-mails to the reporter, from the browser's preferences.
    Column("letters_in", Text),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("told_at", DateTime(timezone=True)),
    Column("forgotten_at", DateTime(timezone=True)),
    CheckConstraint("btrim(why) <> ''"),
    CheckConstraint(
        "reason = 'child_abuse' OR forgotten_at IS NOT NULL OR (btrim(name) <> '' AND email IS NOT NULL)",
        name="reports_say_who",
    ),
)

# Each time an administrator saw the names of reporters.
reporter_looks = Table(
    "reporter_looks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("reason", Text, nullable=False),
    Column("looked_at", DateTime(timezone=True), nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("rule", Text),
    Column("facts", Text),
    Column("decided_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("reversal_facts", Text),
    Column("reversed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("reversed_at", DateTime(timezone=True)),
    # When it was undone. An undone decision counts as never made: all queries leave it out.
    Column("undone_at", DateTime(timezone=True)),
    # The first decision of several that were made together with one reason; NULL for the first one itself.
    Column("together", BigInteger, ForeignKey("decisions.id")),
    Column("automated", Boolean, nullable=False, server_default="false"),
    # When the affected member was sent the statement of reasons.
    Column("author_told_at", DateTime(timezone=True)),
    CheckConstraint(
        "action IN ('no_action', 'approve', 'approve_edited') OR (rule IS NOT NULL AND btrim(rule) <> ''"
        " AND facts IS NOT NULL AND btrim(facts) <> '')",
        name="decisions_have_reasons",
    ),
    CheckConstraint(
        "reversed_at IS NULL OR (reversal_facts IS NOT NULL AND btrim(reversal_facts) <> '')",
        name="reversals_have_reasons",
    ),
    UniqueConstraint("id", "action", name="decisions_are_one_action"),
)

# What a decision moved and from where, so that the move can be undone.
decision_moves = Table(
    "decision_moves",
    metadata,
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), primary_key=True, autoincrement=False),
    Column("move_id", BigInteger, ForeignKey("moves.id")),
    Column("from_sector", BigInteger, ForeignKey("sectors.id")),
    CheckConstraint("num_nonnulls(move_id, from_sector) = 1"),
)

# Sanctions against members. The foreign key ensures that each belongs to a decision with the same action.
sanctions = Table(
    "sanctions",
    metadata,
    Column("decision_id", BigInteger, primary_key=True, autoincrement=False),
    Column("action", Text, nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("sector_id", BigInteger, ForeignKey("sectors.id")),
    Column("topic_id", BigInteger, ForeignKey("topics.id")),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    ForeignKeyConstraint(["decision_id", "action"], ["decisions.id", "decisions.action"]),
)

# The highest version of each template is the current one. Templates that ship with the service have no row until changed.
reason_templates = Table(
    "reason_templates",
    metadata,
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("texts", JSONB, nullable=False),
    Column("is_offered", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    CheckConstraint("version > 0"),
    CheckConstraint("texts ? 'en'"),
)
