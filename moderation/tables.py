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

# Of one object at most one is open: a partial unique index of the schema sees to it.
cases = Table(
    "cases",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("object_kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    # Of a profile none: every moderator decides about it.
    Column("sector_id", BigInteger, ForeignKey("sectors.id")),
    Column("state", Text, nullable=False, server_default="open"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    # Since then it is for the administrators.
    Column("escalated_at", DateTime(timezone=True)),
    # In which language it is written, where that can be told.
    Column("language", Text),
    CheckConstraint("(sector_id IS NULL) = (object_kind = 'profile')", name="cases_lie_somewhere"),
)

# A view: what each case is about, whatever it is. Who is responsible, and where it lies.
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
    # Nobody's where it came as a report from outside.
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),
    Column("report_id", BigInteger, ForeignKey("reports.id"), unique=True),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("flagged_at", DateTime(timezone=True), nullable=False),
    # When the member was told in the inbox what was decided.
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

# Who is at a case just now: binds nobody, and lapses.
case_claims = Table(
    "case_claims",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

# What moderators are called in the ledger: another name each month.
moderator_names = Table(
    "moderator_names",
    metadata,
    Column("month", Date, primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, nullable=False),
    UniqueConstraint("month", "name"),
)

# What moderators say to each other.
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

# Notices from anyone. The reference is all that whoever made one needs to see what became of it.
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
    # The language of the letters to whoever reported, as the browser asked.
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

# Each time an administrator looked who reported.
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
    # Within its first seconds: then it was never made, and nothing reads it.
    Column("undone_at", DateTime(timezone=True)),
    # Of several actions decided at once with one reason: the first of them, which itself has none.
    Column("together", BigInteger, ForeignKey("decisions.id")),
    Column("automated", Boolean, nullable=False, server_default="false"),
    # When whoever it hits was sent the statement of reasons.
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

# What a decision moved, so that it can be brought back.
decision_moves = Table(
    "decision_moves",
    metadata,
    Column("decision_id", BigInteger, ForeignKey("decisions.id"), primary_key=True, autoincrement=False),
    Column("move_id", BigInteger, ForeignKey("moves.id")),
    Column("from_sector", BigInteger, ForeignKey("sectors.id")),
    CheckConstraint("num_nonnulls(move_id, from_sector) = 1"),
)

# What a decision does to a member; there is none without a decision that does just this.
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

# Of each the highest version holds. What was never changed comes with the service and has no row.
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
