"""The tables of live talk."""

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
    Table,
    Text,
)

from storage.tables import metadata

gatherings = Table(
    "gatherings",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sector_id", BigInteger, ForeignKey("sectors.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Column("place", Text, nullable=False, server_default=""),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="announced"),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("starts_at < ends_at"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id"), nullable=False),
    # Where what is asked lives on as posts.
    Column("topic_id", BigInteger, ForeignKey("topics.id"), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="planned"),
    Column("modules", ARRAY(Text), nullable=False, server_default="{questions}"),
    Column("allows_anonymous", Boolean, nullable=False, server_default="true"),
    Column("version", Integer, nullable=False, server_default="1"),
)

# What a question says and who asked it is in its post.
questions = Table(
    "questions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("posts.id"), nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="live"),
    # How many rows of `votes` there are; changed only by who holds this row.
    Column("votes", Integer, nullable=False, server_default="0"),
    Column("settled_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, server_default="1"),
)

# How many questions of a room are in which state, whatever became of their posts; changed only with a question.
question_counts = Table(
    "question_counts",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("live", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("dismissed", Integer, nullable=False, server_default="0"),
)

# A row is a vote; it has no time, so that nothing can be read from when somebody voted.
votes = Table(
    "votes",
    metadata,
    Column("question_id", BigInteger, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
)
