"""Letters come in the language of whoever gets them; decisions are told in the inbox, and what is told can be put away."""

from storage.migrations.plain import run

revision = "0028"
down_revision = "0027"

LETTERS = """
-- The language of letters; without one, the community's.
ALTER TABLE members ADD COLUMN letters_in text;

-- A decision of the moderators is told without a topic: whom it hits may not be able to see that any more.
ALTER TABLE notifications ADD COLUMN decision_id bigint REFERENCES decisions,
    ADD COLUMN done_at timestamptz,
    ALTER COLUMN topic_id DROP NOT NULL,
    ADD CONSTRAINT notifications_are_about_something CHECK ((topic_id IS NULL) = (decision_id IS NOT NULL)),
    DROP CONSTRAINT notifications_member_id_kind_topic_id_post_id_key,
    ADD CONSTRAINT notifications_tell_once
        UNIQUE NULLS NOT DISTINCT (member_id, kind, topic_id, post_id, decision_id);
CREATE INDEX notifications_decision ON notifications (decision_id) WHERE decision_id IS NOT NULL;

-- Whoever reported, from outside or as a member, is told once in the inbox what was decided.
ALTER TABLE flags ADD COLUMN told_at timestamptz;
"""


def upgrade() -> None:
    run(LETTERS)
