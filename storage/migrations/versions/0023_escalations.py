"""Cases that were escalated to the administrators."""

from storage.migrations.plain import run

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    run("ALTER TABLE cases ADD COLUMN escalated_at timestamptz")
