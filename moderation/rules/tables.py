"""The tables of rules."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables import metadata

rules = Table(
    "rules",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("sector_id", BigInteger, ForeignKey("sectors.id")),
    Column("room_id", BigInteger, ForeignKey("rooms.id")),
    Column("test", JSONB, nullable=False),
    Column("action", Text, nullable=False),
    # The highest trust level that the rule applies to; NULL for everybody.
    Column("trust", SmallInteger),
    Column("told", Text, nullable=False, server_default=""),
    Column("is_on", Boolean, nullable=False, server_default="false"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    CheckConstraint("sector_id IS NULL OR room_id IS NULL"),
)

rule_matches = Table(
    "rule_matches",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("rule_id", BigInteger, ForeignKey("rules.id"), nullable=False),
    # A match is about a post, or about the profile of a member.
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE")),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),
    Column("action", Text, nullable=False),
    # A code with facts, as JSON; older versions stored English words.
    Column("why", Text, nullable=False),
    Column("passages", JSONB, nullable=False),
    Column("matched_at", DateTime(timezone=True), nullable=False),
    # Whether the decision about the post upheld or overturned the match.
    Column("outcome", Text),
    UniqueConstraint("rule_id", "post_id"),
    UniqueConstraint("rule_id", "member_id"),
    CheckConstraint("num_nonnulls(post_id, member_id) = 1"),
)

# The sketches of the texts of the last day, without author and post.
sketches = Table(
    "sketches",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sector_id", BigInteger, ForeignKey("sectors.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("attempt", Text, nullable=False),
    Column("sketch", ARRAY(BigInteger), nullable=False),
)
