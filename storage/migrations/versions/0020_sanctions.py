"""Sanctions: what a decision does to a member; and several actions in one decision."""

from storage.migrations.plain import run

revision = "0020"
down_revision = "0019"

SANCTIONS = """
ALTER TABLE decisions DROP CONSTRAINT decisions_action_check, ADD CONSTRAINT decisions_action_check
    CHECK (action IN ('hide', 'no_action', 'lock', 'warn', 'silence', 'suspend', 'remove')),
    -- If several actions were decided together with one reason: the first of them.
    ADD COLUMN together bigint REFERENCES decisions,
    ADD CONSTRAINT decisions_are_one_action UNIQUE (id, action);
CREATE INDEX decisions_together ON decisions (together) WHERE together IS NOT NULL;

-- Every sanction has a decision with the same action, and restricting decisions have a rule and facts.
CREATE TABLE sanctions (
    decision_id bigint PRIMARY KEY,
    action text NOT NULL CHECK (action IN ('warn', 'silence', 'suspend', 'remove')),
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    -- Where it applies: in a sector, in the topic of a room, or everywhere.
    sector_id bigint REFERENCES sectors,
    topic_id bigint REFERENCES topics,
    begun_at timestamptz NOT NULL,
    until timestamptz,
    ended_at timestamptz,
    FOREIGN KEY (decision_id, action) REFERENCES decisions (id, action),
    CHECK ((action = 'warn') = (until IS NULL)),
    CHECK ((action = 'remove') = (topic_id IS NOT NULL)),
    CHECK (action IN ('silence', 'suspend') OR sector_id IS NULL),
    CHECK (until > begun_at)
);
CREATE INDEX sanctions_in_force ON sanctions (member_id) WHERE ended_at IS NULL;
CREATE INDEX sanctions_due ON sanctions (until) WHERE ended_at IS NULL AND until IS NOT NULL;
CREATE INDEX sanctions_sector ON sanctions (sector_id);
CREATE INDEX sanctions_topic ON sanctions (topic_id);

-- The subjects of cases of any kind: their author and their place.
CREATE VIEW case_objects AS
    SELECT 'post' AS kind, p.id, p.topic_id, p.author_id, p.pseudonym, t.gathering_id, t.readers
    FROM posts p JOIN topics t ON t.id = p.topic_id;
"""


def upgrade() -> None:
    run(SANCTIONS)
