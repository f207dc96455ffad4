"""The tables of gatherings."""

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
    # {language: {"title", "description"}}.
    Column("translations", JSONB, nullable=False, server_default="{}"),
    Column("place", Text, nullable=False, server_default=""),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="announced"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("starts_at < ends_at"),
)

# The key of a link for people on one network, until `closes_at`. Who opened it is in the audit log.
gathering_lanes = Table(
    "gathering_lanes",
    metadata,
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closes_at", DateTime(timezone=True), nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id"), nullable=False),
    # The topic that contains the posts of the room: its questions, notices and replies.
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

# The columns of RoomFacts; see `rooms.room_facts_of`.
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
    Column("translations", JSONB, nullable=False, server_default="{}"),
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

# Which member was in which room on which day. The hour is not stored: compared with the time of an anonymous question, it
# could reveal the asker.
attendance = Table(
    "attendance",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
)

# The text and the author of a question are in its post.
questions = Table(
    "questions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("posts.id"), nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="live"),
    # The number of rows in `votes`; changed only under the lock on this row.
    Column("votes", Integer, nullable=False, server_default="0"),
    # How many of them are of accounts that were erased, which have no row in `votes`.
    Column("former_votes", Integer, nullable=False, server_default="0"),
    Column("settled_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, server_default="1"),
    # The sort number of a shortlisted question in the hosts' order.
    Column("place", Integer),
    Column("reason", Text),
    Column("answered_how", Text),
    Column("answer_post_id", BigInteger, ForeignKey("posts.id")),
    Column("merged_into", BigInteger, ForeignKey("questions.id")),
    CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)"),
    CheckConstraint("(state = 'answered') = (answered_how IS NOT NULL)"),
)

# The number of a room's questions per state, including those whose posts are hidden or withdrawn.
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

# A row is a vote. It has no time, so that nobody can conclude anything from when a member voted.
votes = Table(
    "votes",
    metadata,
    Column("question_id", BigInteger, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    # The question for which the member voted, if that was merged into this one.
    Column("via", BigInteger, ForeignKey("questions.id", ondelete="CASCADE")),
)

# The transitions of questions: each change of state, and each edit before the approval.
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
    # Null where the asker made the transition, because the asker may be anonymous.
    Column("moved_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("moved_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("question_id", "version"),
)

# The claims of questions by hosts; a claim is without effect after `until`.
question_claims = Table(
    "question_claims",
    metadata,
    Column("question_id", BigInteger, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

# The mutes of rooms: a member, or a pseudonym, which only the member's own session can compute.
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

# The text, the author, the replies and the thanks of a notice are those of its post.
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
    # `declined` or `withdrawn`, if the notice was removed while its post waited for approval.
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
    # When everyone sees the results: `live`, while the poll is open, or once it is `closed`.
    Column("reveals", Text, nullable=False, server_default="closed"),
    Column("by_group", Boolean, nullable=False, server_default="false"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("made_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    # Counted once, when the poll is closed: a later count would reveal who left or changed groups in the meantime.
    Column("results", JSONB),
    CheckConstraint("results IS NULL OR state = 'closed'"),
)

# A row is a ballot. It has no time, so that nobody can conclude anything from when a member answered.
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
