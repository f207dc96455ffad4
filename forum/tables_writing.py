"""Tables around posts: quotations, references, drafts, texts of files, saved searches."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
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
    Column("sequence", BigInteger, nullable=False, server_default="1"),
    Column("owner", Text, nullable=False, server_default=""),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
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
