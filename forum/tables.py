"""Tables of the forum: sectors, topics, posts, files, moves, read state and following."""

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
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE, JSONB

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
    # {language: title}, for the topics of rooms and boards whose name was translated.
    Column("titles", JSONB, nullable=False, server_default="{}"),
    Column("kind", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("author_id", BigInteger, ForeignKey("members.id")),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("locked_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("hidden_at", DateTime(timezone=True)),
    Column("last_number", Integer, nullable=False, server_default="0"),
    Column("post_count", Integer, nullable=False, server_default="0"),
    # The number of posts that reply to the topic itself; it gives the next such post its position.
    Column("roots", Integer, nullable=False, server_default="0"),
    Column("last_activity_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    # Who may read the topic: everyone, members, or listed readers (rows of `topic_readers`, or the committee in `body`).
    Column("readers", Text, nullable=False, server_default="everyone"),
    Column("body", Text),
    # The gathering whose room this topic belongs to; the hosts of the gathering can always read it.
    Column("gathering_id", BigInteger, ForeignKey("gatherings.id")),
    # The topic that this one was merged into: it is in no list, and its address redirects there.
    Column("merged_into", BigInteger, ForeignKey("topics.id")),
    Column("answer_id", BigInteger, ForeignKey("posts.id", ondelete="SET NULL", use_alter=True)),
    Column("closed_because", Text),
    Column("archived_at", DateTime(timezone=True)),
    Column("pinned_at", DateTime(timezone=True)),
    Column("pinned_until", DateTime(timezone=True)),
    # In slow mode, each member may write once in this many seconds.
    Column("slow_seconds", Integer, nullable=False, server_default="0"),
    Column("slow_until", DateTime(timezone=True)),
    Column("assignee_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("assignment", Text),
    # How often posts were moved from or to this topic; move notes exist if it is not zero.
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
    # A held post, which waits for approval, has neither number nor path.
    Column("number", Integer),
    Column("parent_id", BigInteger, ForeignKey("posts.id")),
    # The position in the tree: one segment per level, as bytes that sort depth first (SQL function path_segment).
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
    # Whether members other than the author may edit it.
    Column("is_shared", Boolean, nullable=False, server_default="false"),
    # Whether a post that everyone can read quotes this one or links to it.
    Column("is_cited", Boolean, nullable=False, server_default="false"),
    # A BCP 47 tag, or null if the text is too short or unclear; `language_by` is null if nobody has looked yet.
    Column("language", Text),
    Column("language_by", Text),
    UniqueConstraint("topic_id", "number"),
    UniqueConstraint("topic_id", "path"),
    CheckConstraint("author_id IS NULL OR pseudonym IS NULL"),
    CheckConstraint("NOT is_shared OR author_id IS NOT NULL"),
    CheckConstraint("language IS NULL OR language_by IS NOT NULL"),
    CheckConstraint("(state = 'held') = (number IS NULL) AND (state = 'held') = (path IS NULL)"),
)

# Why a post or an edit is or was held, which post it replies to, and the outcome.
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
    # For a held edit of a published post: the new text, and the member who wrote it.
    Column("edit_body", Text),
    Column("edit_html", Text),
    # Chosen by who wrote it; null where it is detected or stays what it was.
    Column("edit_language", Text),
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
    # Whether the post was still held: such a revision is only for its author and the moderators.
    Column("was_held", Boolean, nullable=False, server_default="false"),
    Column("written_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    # Whether the author replaced it within the first minutes, before others engaged; only moderators see such a revision.
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
    # The normalized subject, to find the thread of replies that do not name the message they reply to.
    Column("subject", Text, nullable=False),
    # Ids of the messages it refers to that were not imported; if one arrives later, it belongs to this topic.
    Column("awaits", ARRAY(Text), nullable=False, server_default="{}"),
    Column("fingerprints", ARRAY(Text), nullable=False, server_default="{}"),  # of its bytes and its words
)

# Uploaded files; the content is stored once. Members who can read a post that uses a file can read the file.
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
    # For images, so that a page can reserve the space for them.
    Column("width", Integer),
    Column("height", Integer),
    # Set by a moderator's decision: from then on only moderators can open the file.
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

# The former number and path of a moved post. The number is never given to another post, so old addresses still redirect.
former_places = Table(
    "former_places",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("move_id", BigInteger, ForeignKey("moves.id"), nullable=False),
    Column("path", LargeBinary, nullable=False),
    # Its path segment below its parent, if it was a reply to a post.
    Column("segment", LargeBinary),
)

topic_paces = Table(
    "topic_paces",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("wrote_at", DateTime(timezone=True), nullable=False),
)

# Actions scheduled for a topic; at most one of each kind.
topic_timers = Table(
    "topic_timers",
    metadata,
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("set_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
)

# The numbers of the posts of a topic that a member has read: a set that only grows.
readings = Table(
    "readings",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", BigInteger, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True),
    Column("read", INT4MULTIRANGE, nullable=False, server_default="{}"),
    Column("seconds", Integer, nullable=False, server_default="0"),
    Column("read_at", DateTime(timezone=True), nullable=False),
)

# The level at which a member follows a topic, a sector or a tag (see LEVELS): the chosen one and the automatic one.
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
