"""Edits: the author of each version, which versions are shown, and posts that several members may edit."""

from storage.migrations.plain import run

revision = "0019"
down_revision = "0018"

EDITS = """
ALTER TABLE posts ADD COLUMN edited_by bigint REFERENCES members ON DELETE SET NULL,
    -- Whether members other than the author may edit it.
    ADD COLUMN is_shared boolean NOT NULL DEFAULT false,
    ADD CHECK (NOT is_shared OR author_id IS NOT NULL);
CREATE INDEX posts_edited_by ON posts (edited_by) WHERE edited_by IS NOT NULL;
ALTER TABLE revisions ADD COLUMN written_by bigint REFERENCES members ON DELETE SET NULL,
    -- A version from the first minutes, before anybody replied, which only moderators can see.
    ADD COLUMN is_silent boolean NOT NULL DEFAULT false;
UPDATE revisions r SET written_by = p.author_id FROM posts p WHERE p.id = r.post_id;
CREATE INDEX revisions_written_by ON revisions (written_by);
"""


def upgrade() -> None:
    run(EDITS)
