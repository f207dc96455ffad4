"""Settings of the community that were changed in the browser: each wins over the community file."""

from storage.migrations.plain import run

revision = "0076"
down_revision = "0075"

UPGRADE = """
CREATE TABLE community_settings (
    name text PRIMARY KEY CHECK (name IN ('name', 'welcome', 'colour')),
    value jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by bigint REFERENCES members (id) ON DELETE SET NULL
);
"""


def upgrade() -> None:
    """Create the table."""
    run(UPGRADE)
