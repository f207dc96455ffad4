"""Posts that a rule holds for approval, and the decisions that approve them."""

from storage.migrations.plain import run

revision = "0029"
down_revision = "0028"

HELD = """
-- Posts held for approval. The row stays after the decision, as it contains what the author was told.
CREATE TABLE held_posts (
    post_id bigint PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    -- The post it replies to; it has no position among the replies before it is approved.
    parent_id bigint REFERENCES posts ON DELETE SET NULL,
    -- Whether it opens a topic.
    opens boolean NOT NULL,
    why text NOT NULL,
    held_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('approved', 'rejected', 'withdrawn')),
    settled_at timestamptz,
    CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
CREATE INDEX held_posts_parent ON held_posts (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX posts_held_of ON posts (author_id) WHERE state = 'held' AND author_id IS NOT NULL;

-- A retried request adds no second post.
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
