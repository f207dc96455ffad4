"""The metadata of all tables, and the tables of the event log, idempotency keys, the audit log and switches."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
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

# One row. Its value changes when a backup is restored, so that clients know that their positions are void.
epochs = Table(
    "epochs",
    metadata,
    Column("epoch", Text, primary_key=True),
    Column("started_at", DateTime(timezone=True), nullable=False),
)

# The latest number of each channel. Updating the row locks it, which puts the writers of a channel in commit order.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# All events, numbered per channel without gaps, inserted in the transaction that makes the change. There is a partition
# for each month of `at`, whose primary key is (channel, seq); the whole has none.
log = Table(
    "log",
    metadata,
    Column("channel", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("event", JSONB, nullable=False),
    postgresql_partition_by="RANGE (at)",
)

# Log entries whose event handlers have not run yet; dead_at is set when the worker has given up.
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

# Items of scheduled jobs that failed, until they are tried again at due_at; removed when they are done.
quarantine = Table(
    "quarantine",
    metadata,
    Column("job", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("failed_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
)

# Responses to writes with an Idempotency-Key, kept for a day.
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

# What members did in a role, in rows that are only added, each chained to the one before. A trigger sets `number`,
# `previous` and `hash`; `audit_head` is the end of the chain.
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

# When backups were made, of the last year, for administrators (administration/state/backup_runs.py).
backup_runs = Table(
    "backup_runs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("is_encrypted", Boolean, nullable=False),
)

# What an operator has switched on for all processes (storage/switches.py); no row is off.
switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("note", Text, nullable=False, server_default=""),
    Column("set_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("name IN ('maintenance', 'mail_held', 'demonstration')"),
)
