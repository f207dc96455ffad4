"""The tables of community pages and settings."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables import metadata

# One row for each version, with all its languages: Markdown, and the HTML made of it.
community_pages = Table(
    "community_pages",
    metadata,
    Column("page", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("texts", JSONB, nullable=False),
    Column("html", JSONB, nullable=False),
    Column("is_announced", Boolean, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("published_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    CheckConstraint("page IN ('rules', 'privacy', 'terms', 'imprint')"),
)

# What was changed in the browser; it wins over the community file.
community_settings = Table(
    "community_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    CheckConstraint("name IN ('name', 'welcome', 'colour')"),
)
