"""A database can be that of a demonstration: a mark that stays, so that invented people never mix with a community."""

from storage.migrations.plain import run

revision = "0080"
down_revision = "0079"

UPGRADE = """
ALTER TABLE switches DROP CONSTRAINT switches_name_check;
ALTER TABLE switches ADD CONSTRAINT switches_name_check CHECK (name IN ('maintenance', 'mail_held', 'demonstration'));
"""


def upgrade() -> None:
    """Allow the mark."""
    run(UPGRADE)
