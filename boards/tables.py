"""The database tables of boards, entries, editions and imports."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.tables import metadata

taxonomies = Table(
    "taxonomies",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # [{"slug", "name", "parent"?}] in display order; a term may be below another one.
    Column("terms", JSONB, nullable=False),
)

boards = Table(
    "boards",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sector_id", BigInteger, ForeignKey("sectors.id"), nullable=False),
    # The board is discussed in this topic and has the same readers.
    Column("topic_id", BigInteger, ForeignKey("topics.id"), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("purpose", Text, nullable=False, server_default=""),
    # {language: {"title", "description"}}.
    Column("translations", JSONB, nullable=False, server_default="{}"),
    Column("template", Text),
    Column("form", JSONB, nullable=False),
    # The key of the field by which imports match rows to entries; NULL: they match by the title.
    Column("key_field", Text),
    Column("verify_days", Integer, nullable=False, server_default="365"),
    # The starts of the phases collecting, consolidating and published; a phase without a date has not begun.
    Column("opens_at", DateTime(timezone=True)),
    Column("consolidates_at", DateTime(timezone=True)),
    Column("publishes_at", DateTime(timezone=True)),
    Column("last_number", Integer, nullable=False, server_default="0"),
    Column("last_edition", Integer, nullable=False, server_default="0"),
    Column("begun_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("verify_days BETWEEN 30 AND 3650"),
    CheckConstraint("consolidates_at >= opens_at"),
    CheckConstraint("publishes_at >= consolidates_at"),
)

board_curators = Table(
    "board_curators",
    metadata,
    Column("board_id", BigInteger, ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    # The query string of the view's URL.
    Column("query", Text, nullable=False),
    Column("is_shared", Boolean, nullable=False, server_default="false"),
    Column("saved_at", DateTime(timezone=True), nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
    Column("number", Integer, nullable=False),
    # The entry is shown as the opening post of this topic; the text of the post is rendered from the fields.
    Column("topic_id", BigInteger, ForeignKey("topics.id"), nullable=False, unique=True),
    Column("post_id", BigInteger, ForeignKey("posts.id"), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("author_id", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("merged_into", BigInteger, ForeignKey("entries.id")),
    # Whether the entry is in tables and counts; database triggers maintain it.
    Column("is_listed", Boolean, nullable=False, server_default="true"),
    Column("words", Text, nullable=False, server_default=""),
    # The post or live question from which the entry was made.
    Column("source_post_id", BigInteger, ForeignKey("posts.id", ondelete="SET NULL")),
    Column("confirmations", JSONB, nullable=False, server_default="{}"),
    Column("disposition", Text, nullable=False, server_default="open"),
    Column("disposition_reason", Text, nullable=False, server_default=""),
    Column("disposed_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("disposed_at", DateTime(timezone=True)),
    Column("verified_at", DateTime(timezone=True), nullable=False),
    Column("verified_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("outdated_at", DateTime(timezone=True)),
    Column("outdated_reason", Text, nullable=False, server_default=""),
    Column("reminded_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("board_id", "number"),
    CheckConstraint("merged_into <> id"),
    CheckConstraint("(disposition = 'open') = (disposed_at IS NULL)"),
    CheckConstraint("disposition IN ('open', 'included') OR btrim(disposition_reason) <> ''"),
)

entry_versions = Table(
    "entry_versions",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("written_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("written_at", DateTime(timezone=True), nullable=False),
)

# One row for each term of an entry's fields; filters, groups and the matrix read them.
entry_terms = Table(
    "entry_terms",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("term", Text, primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id"), nullable=False),
)

entry_contributors = Table(
    "entry_contributors",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    # The merged entry from which this contributor was copied.
    Column("via", BigInteger, ForeignKey("entries.id", ondelete="CASCADE")),
)

entry_confirmations = Table(
    "entry_confirmations",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("organisation", Text, nullable=False, server_default=""),
    # The note with the confirmation, as a reply in the entry's topic.
    Column("post_id", BigInteger, ForeignKey("posts.id", ondelete="SET NULL")),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("via", BigInteger, ForeignKey("entries.id", ondelete="CASCADE")),
)

entry_references = Table(
    "entry_references",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("object_id", BigInteger, primary_key=True),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="unchecked"),
    Column("status", Integer),
    Column("reached", Text),
    Column("checked_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    UniqueConstraint("entry_id", "url"),
)

gap_claims = Table(
    "gap_claims",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id", ondelete="CASCADE"), nullable=False),
    # {field key: term slug} for the two fields of the cell.
    Column("cell", JSONB, nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)

change_requests = Table(
    "change_requests",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    # The text of the request, as a reply in the entry's topic.
    Column("post_id", BigInteger, ForeignKey("posts.id"), nullable=False, unique=True),
    Column("requested_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("settled_at", DateTime(timezone=True)),
)

# A database trigger prevents changes and deletions.
editions = Table(
    "editions",
    metadata,
    Column("board_id", BigInteger, ForeignKey("boards.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("published_by", BigInteger, ForeignKey("members.id", ondelete="SET NULL")),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("entries", Integer, nullable=False),
    # The SHA-256 of the canonical JSON before compression; `content` is that JSON, compressed with zlib.
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

board_imports = Table(
    "board_imports",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("board_id", BigInteger, ForeignKey("boards.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
    # The parsed rows (JSON, compressed with zlib), and the preview of the changes.
    Column("rows", LargeBinary, nullable=False),
    Column("preview", JSONB, nullable=False),
    Column("applied_at", DateTime(timezone=True)),
    # The file, compressed with zlib, until the import is applied, and how it is read.
    Column("content", LargeBinary),
    Column("options", JSONB, nullable=False, server_default="{}"),
)

# What the last import of a board mapped: {name of a column: key of a field, or empty for columns that are left out}.
import_mappings = Table(
    "import_mappings",
    metadata,
    Column("board_id", BigInteger, ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True),
    Column("columns", JSONB, nullable=False),
)
