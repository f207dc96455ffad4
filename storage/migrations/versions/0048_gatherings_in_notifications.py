"""A notification of a gathering says itself what the gathering is called and when it takes place."""

from storage.migrations.plain import run

revision = "0048"
down_revision = "0047"

UPGRADE = """
ALTER TABLE notifications
    ADD COLUMN title text,
    ADD COLUMN starts_at timestamptz,
    ADD COLUMN ends_at timestamptz,
    ADD CONSTRAINT notifications_show_whole_gatherings
        CHECK (num_nonnulls(title, starts_at, ends_at) IN (0, 3) AND (title IS NULL OR gathering_id IS NOT NULL));
UPDATE notifications n SET title = g.title, starts_at = g.starts_at, ends_at = g.ends_at
FROM gatherings g WHERE g.id = n.gathering_id AND g.state = 'announced';
"""


def upgrade() -> None:
    """Copy title and times of announced gatherings into their notifications; those of cancelled ones stay empty."""
    run(UPGRADE)
