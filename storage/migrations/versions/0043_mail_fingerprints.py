"""Fingerprints of imported mails, which tell a second copy of a mail from another mail with the same id."""

from storage.migrations.plain import run

revision = "0043"
down_revision = "0042"

FINGERPRINTS = """
-- Mails imported before have none, and every mail with their id counts as the same.
ALTER TABLE imported_mails ADD COLUMN fingerprints text[] NOT NULL DEFAULT '{}';
"""


def upgrade() -> None:
    run(FINGERPRINTS)
