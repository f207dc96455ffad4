"""The index by which the posts are found whose language nobody has looked at; new posts are never in it."""

from storage.migrations.plain import create_index_concurrently

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Create the index while posts are written."""
    create_index_concurrently("posts_without_language", "ON posts (id) WHERE language_by IS NULL")
