"""The index by which old events are found, so that they can be deleted."""

from storage.migrations.plain import create_index_concurrently

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    """Create the index while events are written."""
    create_index_concurrently("log_at", "ON log (at)")
