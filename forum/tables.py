"""The tables of written talk."""

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
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables import metadata

sectors = Table(
    "sectors",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("materials", ARRAY(Text), nullable=False, server_default="{}"),
    Column("stages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("place", Integer, nullable=False),
)

topics = Table(
    "topics",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sector_id", BigInteger, ForeignKey("sectors.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("author_id", BigInteger, ForeignKey("members.id")),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("locked_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("hidden_at", DateTime(timezone=True)),
    Column("last_number", Integer, nullable=False, server_default="0"),
    Column("post_count", Integer, nullable=False, server_default="0"),
    # How many posts answer no other: the next one's place among them.
    Column("roots", Integer, nullable=False, server_default="0"),
    Column("last_activity_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    # Who reads it: everyone, members, or those listed: one by one in `topic_readers`, or as members of a body.
    Column("readers", Text, nullable=False, server_default="everyone"),
    Column("body", Text),
    # The gathering in whose room it is, whose hosts read it whatever is said above.
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id")),
    CheckConstraint("body IS NULL OR readers = 'listed'"),
)

topic_readers = Table(
    "topic_readers",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
)

posts = Table(
    "posts",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id"), nullable=False),
    # A held post, which waits for approval, has neither number nor path: it is nowhere yet.
    Column("number", Integer),
    Column("parent_id", BigInteger, ForeignKey("posts.id")),
    # The place in the tree: one segment a level, in bytes that sort depth first (see path_segment in the schema).
    Column("path", LargeBinary),
    Column("depth", SmallInteger, nullable=False),
    Column("children", Integer, nullable=False, server_default="0"),
    Column("author_id", BigInteger, ForeignKey("members.id")),
    Column("pseudonym", LargeBinary),
    Column("markup", Text, nullable=False, server_default="markdown"),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Column("edited_at", DateTime(timezone=True)),
    Column("state", Text, nullable=False, server_default="published"),
    Column("reactions", JSONB, nullable=False, server_default="{}"),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("topic_id", "number"),
    UniqueConstraint("topic_id", "path"),
    CheckConstraint("author_id IS NULL OR pseudonym IS NULL"),
    CheckConstraint("(state = 'held') = (number IS NULL) AND (state = 'held') = (path IS NULL)"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    # Whether the post was not yet approved: then it is for its author and the moderators alone.
    Column("was_held", Boolean, nullable=False, server_default="false"),
)

reactions = Table(
    "reactions",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("set_at", DateTime(timezone=True), nullable=False),
)

imported_mails = Table(
    "imported_mails",
    metadata,
    Column("sector_id", BigInteger, ForeignKey("sectors.id"), primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="SET NULL")),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="SET NULL")),
    # The subject as it is compared, for answers that do not say what they answer.
    Column("subject", Text, nullable=False),
    # The mails it answers that were not there: should one come, it belongs into this topic.
    Column("awaits", ARRAY(Text), nullable=False, server_default="{}"),
)
