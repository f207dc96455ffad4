"""The metadata all tables hang on, and the tables of the machinery itself."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# One row; its value changes when a backup is restored, so that positions from before are known to be void.
epochs = Table(
    "epochs",
    metadata,
    Column("epoch", Text, primary_key=True),
    Column("started_at", DateTime(timezone=True), nullable=False),
)

# The head of each numbered stream. Updating the row is what puts writers of one channel in commit order.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# Everything that happened, gapless per channel, written in the transaction that made it happen.
log = Table(
    "log",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("event", JSONB, nullable=False),
)

# Log entries whose reactions are still to run; dead_at is set when the worker has given up.
follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("dead_at", DateTime(timezone=True)),
)

# Answers to writes that carried an Idempotency-Key, kept for a day.
answers = Table(
    "answers",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("body", LargeBinary),
    Column("kept_at", DateTime(timezone=True), nullable=False),
)

# What those with a duty did, in rows that are only added to, each bound to the one before it. Its number, `previous` and
# `hash` are the database's; `audit_head` is where the chain ends.
audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("by_id", BigInteger),
    Column("sector_id", BigInteger),
    Column("gathering_id", BigInteger),
    Column("about", JSONB, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
