"""The tables of live talk."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

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
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
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
    Column("writers", Text, nullable=False, server_default="all"),
    Column("is_premoderated", Boolean, nullable=False, server_default="false"),
    Column("slow_seconds", Integer, nullable=False, server_default="0"),
    Column("question_length", Integer, nullable=False, server_default="2000"),
    Column("publishes_choices", Boolean, nullable=False, server_default="false"),
)

# The columns of a room that the rules look at: see `rooms.facts_of`.
ROOM_FACTS = rooms.c[
    (
        "id",
        "gathering_id",
        "topic_id",
        "state",
        "modules",
        "allows_anonymous",
        "version",
        "writers",
        "is_premoderated",
        "slow_seconds",
        "question_length",
        "publishes_choices",
    )
]

panelists = Table(
    "panelists",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
)

programme_sessions = Table(
    "programme_sessions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id"), nullable=False),
    Column("room_id", BigInteger, ForeignKey("rooms.id")),
    Column("title", Text, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("speakers", JSONB, nullable=False, server_default="[]"),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="planned"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("starts_at < ends_at"),
)

# Who was in a room on which day; never at which hour, which could be laid beside that of an anonymous question.
attendance = Table(
    "attendance",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
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
    # Where a shortlisted one stands in the hosts' own order.
    Column("place", Integer),
    Column("reason", Text),
    Column("answered_how", Text),
    Column("answer_post_id", BigInteger, ForeignKey("posts.id")),
    Column("merged_into", BigInteger, ForeignKey("questions.id")),
    CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)"),
    CheckConstraint("(state = 'answered') = (answered_how IS NOT NULL)"),
)

# How many questions of a room are in which state, whatever became of their posts; changed only with a question.
question_counts = Table(
    "question_counts",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("live", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("dismissed", Integer, nullable=False, server_default="0"),
    Column("pending", Integer, nullable=False, server_default="0"),
    Column("shortlisted", Integer, nullable=False, server_default="0"),
    Column("on_stage", Integer, nullable=False, server_default="0"),
)

# A row is a vote; it has no time, so that nothing can be read from when somebody voted.
votes = Table(
    "votes",
    metadata,
    Column("question_id", BigInteger, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    # The question it came with, if that was merged into this one.
    Column("via", BigInteger, ForeignKey("questions.id", ondelete="CASCADE")),
)

# The way of a question: each of its changes of state.
question_moves = Table(
    "question_moves",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("question_id", BigInteger, ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("old_state", Text, nullable=False),
    Column("new_state", Text, nullable=False),
    Column("reason", Text),
    # Nobody where who asked did it: an asker may be anonymous.
    Column("moved_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("moved_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("question_id", "version"),
)

# Which host is at a question just now; it lapses by itself.
question_claims = Table(
    "question_claims",
    metadata,
    Column("question_id", BigInteger, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

# Who may not write in a room for a while: a member, or a pseudonym, which only its holder can make.
room_silences = Table(
    "room_silences",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE")),
    Column("pseudonym", LargeBinary),
    Column("reason", Text, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("silenced_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("silenced_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("num_nonnulls(member_id, pseudonym) = 1"),
    UniqueConstraint("room_id", "member_id", "pseudonym", postgresql_nulls_not_distinct=True),
)

board_columns = Table(
    "board_columns",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)

# What a notice says, who wrote it, its replies and its thanks are those of its post.
notices = Table(
    "notices",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("column_id", BigInteger, ForeignKey("board_columns.id"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("posts.id"), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("pinned_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    # What became of one whose post is held, and stays so.
    Column("taken_off", Text),
    Column("version", Integer, nullable=False, server_default="1"),
)

polls = Table(
    "polls",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("options", JSONB, nullable=False, server_default="[]"),
    Column("settings", JSONB, nullable=False, server_default="{}"),
    Column("state", Text, nullable=False, server_default="draft"),
    # When who is no host sees its results: while it is open, or once it is closed.
    Column("reveals", Text, nullable=False, server_default="closed"),
    Column("by_group", Boolean, nullable=False, server_default="false"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("made_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    # As counted when it was closed, never again: who was erased, or moved to another group, would show in the difference.
    Column("results", JSONB),
    CheckConstraint("results IS NULL OR state = 'closed'"),
)

# A row is a ballot; it has no time, so that nothing can be read from when somebody answered.
ballots = Table(
    "ballots",
    metadata,
    Column("poll_id", BigInteger, ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("answer", JSONB, nullable=False),
)

struck_words = Table(
    "struck_words",
    metadata,
    Column("poll_id", BigInteger, ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True),
    Column("word", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("struck_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("struck_at", DateTime(timezone=True), nullable=False),
)
