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
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE, JSONB, TSVECTOR

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
    # The topic that this one is now: it is listed nowhere, and its address leads there.
    Column("merged_into", BigInteger, ForeignKey("topics.id")),
    Column("answer_id", BigInteger, ForeignKey("posts.id", ondelete="SET NULL", use_alter=True)),
    Column("closed_because", Text),
    Column("archived_at", DateTime(timezone=True)),
    Column("pinned_at", DateTime(timezone=True)),
    Column("pinned_until", DateTime(timezone=True)),
    # In slow mode each member writes once in so many seconds.
    Column("slow_seconds", Integer, nullable=False, server_default="0"),
    Column("slow_until", DateTime(timezone=True)),
    Column("assignee_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("assignment", Text),
    # How often posts went from here to another topic, or came: notes tell of it.
    Column("moves", Integer, nullable=False, server_default="0"),
    CheckConstraint("body IS NULL OR readers = 'listed'"),
    CheckConstraint("merged_into <> id"),
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
    Column("edited_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    # Whether others than the author may edit it.
    Column("is_shared", Boolean, nullable=False, server_default="false"),
    # Whether a post that everybody can read quotes this one or links to it.
    Column("is_cited", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("topic_id", "number"),
    UniqueConstraint("topic_id", "path"),
    CheckConstraint("author_id IS NULL OR pseudonym IS NULL"),
    CheckConstraint("NOT is_shared OR author_id IS NOT NULL"),
    CheckConstraint("(state = 'held') = (number IS NULL) AND (state = 'held') = (path IS NULL)"),
)

# Why a post is or was held, what it answers, and what became of it.
held_posts = Table(
    "held_posts",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("parent_id", BigInteger, ForeignKey("posts.id", ondelete="SET NULL")),
    Column("opens", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("held_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Column("settled_at", DateTime(timezone=True)),
    # Of a published post: the text that it does not say yet, and whose change it is.
    Column("edit_body", Text),
    Column("edit_html", Text),
    Column("edit_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("was_approved", Boolean, nullable=False, server_default="false"),
    CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)"),
    CheckConstraint("(edit_body IS NULL) = (edit_html IS NULL)"),
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
    Column("written_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    # What was put right in the first minutes, before anybody answered: moderators alone look at it.
    Column("is_silent", Boolean, nullable=False, server_default="false"),
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

# What was uploaded, stored once per content; who can read a post that uses it can read it.
files = Table(
    "files",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sha256", LargeBinary, ForeignKey("file_contents.sha256"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("uploaded_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
    # Of pictures, so that a page keeps room for them.
    Column("width", Integer),
    Column("height", Integer),
    # By a moderator's decision: then it is had by nobody but moderators.
    Column("hidden_at", DateTime(timezone=True)),
    CheckConstraint("size > 0"),
)

file_contents = Table(
    "file_contents",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

file_uses = Table(
    "file_uses",
    metadata,
    Column("file_id", BigInteger, ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
)

moves = Table(
    "moves",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("from_topic", BigInteger, ForeignKey("topics.id"), nullable=False),
    Column("to_topic", BigInteger, ForeignKey("topics.id"), nullable=False),
    Column("posts", Integer, nullable=False),
    Column("moved_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("moved_at", DateTime(timezone=True), nullable=False),
    Column("undone_at", DateTime(timezone=True)),
    CheckConstraint("from_topic <> to_topic"),
)

# Where a post once stood: its number there is given to no other, so that old addresses lead to where it is now.
former_places = Table(
    "former_places",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("move_id", BigInteger, ForeignKey("moves.id"), nullable=False),
    Column("path", LargeBinary, nullable=False),
    # Its place among the answers to its parent, where it stood under it.
    Column("segment", LargeBinary),
)

topic_paces = Table(
    "topic_paces",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("wrote_at", DateTime(timezone=True), nullable=False),
)

# What is to happen to a topic at a time; of each kind one at most.
topic_timers = Table(
    "topic_timers",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("set_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
)

# What a post says, as it is searched; kept by the worker from `search_queue`, which triggers fill.
search_posts = Table(
    "search_posts",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Column("language", Text, nullable=False),
    Column("vector", TSVECTOR, nullable=False),
)
search_queue = Table(
    "search_queue",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("post_id", BigInteger, nullable=False),
)
search_words = Table("search_words", metadata, Column("word", Text, primary_key=True))

# Which posts of a topic a member has read, by their numbers: a set that only grows.
readings = Table(
    "readings",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("read", INT4MULTIRANGE, nullable=False, server_default="{}"),
    Column("seconds", Integer, nullable=False, server_default="0"),
    Column("read_at", DateTime(timezone=True), nullable=False),
)

# How closely a member follows a topic, a sector or a tag (see LEVELS in following.py): as chosen, and as it came of itself.
following = Table(
    "following",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE")),
    Column("sector_id", BigInteger, ForeignKey("sectors.id", ondelete="CASCADE")),
    Column("tag", Text),
    Column("chosen", SmallInteger),
    Column("automatic", SmallInteger),
    Column("because", Text),
    Column("mail", Text),
    UniqueConstraint("member_id", "topic_id", "sector_id", "tag", postgresql_nulls_not_distinct=True),
    CheckConstraint("num_nonnulls(topic_id, sector_id, tag) = 1"),
    CheckConstraint("(automatic IS NULL) = (because IS NULL)"),
)
