"""Tables around posts: quotations, references, drafts, bookmarks, texts of files, saved searches, translations."""

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
)

from storage.tables import metadata

# The text of each quotation, stored only here: a post that quotes refers to it by `id`.
quotations = Table(
    "quotations",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("is_exact", Boolean, nullable=False),
    UniqueConstraint("post_id", "digest"),
)

# What a post mentions, quotes and links to; the worker updates it.
post_references = Table(
    "post_references",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("object_id", BigInteger, primary_key=True),
)

# Drafts of members. A posted or discarded draft keeps its sequence number, so that no open window can bring it back.
drafts = Table(
    "drafts",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("tags", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False, server_default=""),
    # Chosen, or empty.
    Column("language", Text, nullable=False, server_default=""),
    Column("sequence", BigInteger, nullable=False, server_default="1"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)

# Posts that members want to find again. `remind_at` is emptied when the reminder is given.
bookmarks = Table(
    "bookmarks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("remind_at", DateTime(timezone=True)),
    Column("reminded_at", DateTime(timezone=True)),
    UniqueConstraint("member_id", "post_id"),
)

# The text of PDF files, extracted once by the worker, for search.
file_texts = Table(
    "file_texts",
    metadata,
    Column("sha256", LargeBinary, ForeignKey("file_contents.sha256", ondelete="CASCADE"), primary_key=True),
    Column("words", Text, nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
)

# Saved searches of members. `seen` holds the ids of recent posts that already matched at the last run.
saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("query", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("seen", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    CheckConstraint("told IN ('soon', 'daily', 'never')"),
    CheckConstraint("(told = 'never') = (due_at IS NULL)"),
    UniqueConstraint("member_id", "query"),
)

# Machine translations of posts: `due_at` is set while one waits for the translator, `html` once it is made; neither if it
# failed. A row belongs to the text with this digest.
post_translations = Table(
    "post_translations",
    metadata,
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("target", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("html", Text),
    Column("provider", Text),
    Column("made_at", DateTime(timezone=True)),
    CheckConstraint("(html IS NULL) = (made_at IS NULL) AND (html IS NULL) = (provider IS NULL)"),
    CheckConstraint("html IS NULL OR due_at IS NULL"),
)

# What the translator was sent in a day, and until when it is left alone after failures.
translator_uses = Table(
    "translator_uses",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("characters", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("paused_until", DateTime(timezone=True)),
)

# How many characters each member asked to have translated in a day, so that nobody uses up what all share.
translation_uses = Table(
    "translation_uses",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("characters", BigInteger, nullable=False),
)
