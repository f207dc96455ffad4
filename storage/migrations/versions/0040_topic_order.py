"""The order in which a member reads topics."""

from storage.migrations.plain import run

revision = "0040"
down_revision = "0038"

ORDER = """
ALTER TABLE members ADD COLUMN post_order text NOT NULL DEFAULT 'tree' CHECK (post_order IN ('tree', 'time'));
"""


def upgrade() -> None:
    run(ORDER)
