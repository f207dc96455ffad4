"""Posts that a rule holds, and the decisions that let them through."""

from storage.migrations.plain import run

revision = "0029"
down_revision = "0028"

HELD = """
-- What a moderator looks at first. A post keeps its row here when that is over: it tells what its author was told.
CREATE TABLE held_posts (
    post_id bigint PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    -- What it answers: it has no place among the answers before it is released.
    parent_id bigint REFERENCES posts ON DELETE SET NULL,
    -- Whether a topic begins with it.
    opens boolean NOT NULL,
    why text NOT NULL,
    held_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('approved', 'rejected', 'withdrawn')),
    settled_at timestamptz,
    CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
CREATE INDEX held_posts_parent ON held_posts (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX posts_held_of ON posts (author_id) WHERE state = 'held' AND author_id IS NOT NULL;

-- What is sent again is not one more.
CREATE UNIQUE INDEX sketches_attempt ON sketches (sector_id, attempt);

ALTER TABLE decisions DROP CONSTRAINT decisions_action_check, ADD CONSTRAINT decisions_action_check
    CHECK (action IN ('hide', 'no_action', 'lock', 'warn', 'silence', 'suspend', 'remove', 'approve', 'approve_edited')),
    DROP CONSTRAINT decisions_have_reasons, ADD CONSTRAINT decisions_have_reasons CHECK (
        action IN ('no_action', 'approve', 'approve_edited')
        OR (rule IS NOT NULL AND btrim(rule) <> '' AND facts IS NOT NULL AND btrim(facts) <> '')
    );
"""


def upgrade() -> None:
    run(HELD)
