"""Tables of the search: the vectors of posts and of names, the queues of what changed, and the state of indexing again."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Integer, Table, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.tables import metadata

# The search vector of each post; the worker updates it from `search_queue`, which triggers fill.
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
# One row: the version of the tokenizer, and the id below which posts are still to be indexed by it.
search_reindex = Table(
    "search_reindex",
    metadata,
    Column("is_only", Boolean, primary_key=True, server_default="true"),
    Column("tokenizer", Integer, nullable=False),
    Column("below", BigInteger, nullable=False),
)
# The names of people as they are found; the worker updates them from the queue, which triggers fill.
search_people = Table(
    "search_people",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("vector", TSVECTOR, nullable=False),
)
search_people_queue = Table(
    "search_people_queue",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("member_id", BigInteger, nullable=False),
)
