"""Tables of changes to whole topics."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Table, Text

from storage.tables import metadata

# When each kind of change last happened, and who made it: that member does not see it as a change.
topic_changes = Table(
    "topic_changes",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("what", Text, primary_key=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    CheckConstraint("what IN ('closed', 'opened', 'archived', 'pinned', 'answered', 'posts_moved', 'moved')"),
)

# Held posts that were moved when their topic was merged into another; they have no number and so no former place.
held_moves = Table(
    "held_moves",
    metadata,
    Column("move_id", BigInteger, ForeignKey("moves.id"), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
)
