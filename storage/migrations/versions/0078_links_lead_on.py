"""The link that confirms the address of a new member leads on to the page that asked for an account."""

from storage.migrations.plain import run

revision = "0078"
down_revision = "0077"

UPGRADE = """
ALTER TABLE mailed_links ADD COLUMN onward text NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    """Add the column."""
    run(UPGRADE)
