"""When a topic was last closed, opened, archived, pinned, answered or moved, for returning readers."""

from storage.migrations.plain import run

revision = "0041"
down_revision = "0040"

CHANGES = """
CREATE TABLE topic_changes (
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('closed', 'opened', 'archived', 'pinned', 'answered', 'posts_moved', 'moved')),
    changed_at timestamptz NOT NULL,
    changed_by bigint REFERENCES members ON DELETE SET NULL,
    PRIMARY KEY (topic_id, what)
);
CREATE INDEX topic_changes_by ON topic_changes (changed_by);
CREATE INDEX posts_edited ON posts (topic_id, edited_at) WHERE edited_at IS NOT NULL;
"""


def upgrade() -> None:
    run(CHANGES)
