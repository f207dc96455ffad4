"""Items that fail in scheduled jobs wait in quarantine and hold up no others."""

from storage.migrations.plain import run

revision = "0053"
down_revision = "0050"

UPGRADE = """
CREATE TABLE quarantine (
    job text NOT NULL,
    item text NOT NULL,
    attempts integer NOT NULL,
    error text NOT NULL,
    failed_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (job, item)
);
"""


def upgrade() -> None:
    """Create the quarantine."""
    run(UPGRADE)
