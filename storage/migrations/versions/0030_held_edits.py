"""Edits that a rule holds for approval: the post keeps its text until a moderator approves the new one."""

from storage.migrations.plain import run

revision = "0030"
down_revision = "0029"

EDITS = """
ALTER TABLE held_posts ADD COLUMN edit_body text, ADD COLUMN edit_html text,
    ADD COLUMN edit_by bigint REFERENCES members ON DELETE SET NULL,
    -- The last approved text, with which rules about edits compare.
    ADD COLUMN was_approved boolean NOT NULL DEFAULT false,
    ADD CHECK ((edit_body IS NULL) = (edit_html IS NULL));
CREATE INDEX held_edits_by ON held_posts (edit_by) WHERE edit_by IS NOT NULL;
"""


def upgrade() -> None:
    run(EDITS)
