"""Boards and gatherings can have their title and description in further languages."""

from storage.migrations.plain import run

revision = "0067"
down_revision = "0066"

UPGRADE = """
ALTER TABLE boards ADD COLUMN translations jsonb NOT NULL DEFAULT '{}';
ALTER TABLE gatherings ADD COLUMN translations jsonb NOT NULL DEFAULT '{}';
"""


def upgrade() -> None:
    """Add the columns; nothing is translated yet."""
    run(UPGRADE)
