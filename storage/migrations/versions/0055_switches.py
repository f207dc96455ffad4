"""Switches that an operator sets for all processes: maintenance, and e-mails that are held."""

from storage.migrations.plain import run

revision = "0055"
down_revision = "0053"

TABLE = """
CREATE TABLE switches (
    name text PRIMARY KEY CHECK (name IN ('maintenance', 'mail_held')),
    note text NOT NULL DEFAULT '',
    set_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Create the table; a row means that the switch is on."""
    run(TABLE)
