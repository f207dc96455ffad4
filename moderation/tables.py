"""The tables of moderation."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables import metadata

# Of one object at most one is open: a partial unique index of the schema sees to it.
cases = Table(
    "cases",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("object_kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("sector_id", BigInteger, ForeignKey("sectors.id"), nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
)

flags = Table(
    "flags",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("flagged_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("object_kind", "object_id", "member_id"),
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
    CheckConstraint(
        "action = 'no_action' OR (rule IS NOT NULL AND btrim(rule) <> ''"
        " AND facts IS NOT NULL AND btrim(facts) <> '')",
        name="decisions_have_reasons",
    ),
    CheckConstraint(
        "reversed_at IS NULL OR (reversal_facts IS NOT NULL AND btrim(reversal_facts) <> '')",
        name="reversals_have_reasons",
    ),
)
