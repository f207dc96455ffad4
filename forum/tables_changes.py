"""The tables of what was done to topics."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Table, Text

from storage.tables import metadata

# When each was done last; by whom, because who did it is not told of it.
topic_changes = Table(
    "topic_changes",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("what", Text, primary_key=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    CheckConstraint("what IN ('closed', 'opened', 'archived', 'pinned', 'answered', 'posts_moved', 'moved')"),
)

# Held posts that went along when their topic was merged into another: they have no former place.
held_moves = Table(
    "held_moves",
    metadata,
    Column("move_id", BigInteger, ForeignKey("moves.id"), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
)
