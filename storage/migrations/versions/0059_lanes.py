"""Lanes: links with which people on one network are counted apart from the others there."""

from storage.migrations.plain import run

revision = "0059"
down_revision = "0055"

TABLE = """
CREATE TABLE gathering_lanes (
    gathering_id bigint PRIMARY KEY REFERENCES gatherings (id) ON DELETE CASCADE,
    key text NOT NULL UNIQUE,
    opened_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Create the table: one row for each gathering that had a lane."""
    run(TABLE)
