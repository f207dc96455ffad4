"""The language of e-mails, notifications about decisions, and archived notifications."""

from storage.migrations.plain import run

revision = "0028"
down_revision = "0027"

LETTERS = """
-- The language of e-mails; NULL: the language of the community.
ALTER TABLE members ADD COLUMN letters_in text;

-- Notifications about decisions have no topic, which the author may no longer be able to see.
ALTER TABLE notifications ADD COLUMN decision_id bigint REFERENCES decisions,
    ADD COLUMN done_at timestamptz,
    ALTER COLUMN topic_id DROP NOT NULL,
    ADD CONSTRAINT notifications_are_about_something CHECK ((topic_id IS NULL) = (decision_id IS NOT NULL)),
    DROP CONSTRAINT notifications_member_id_kind_topic_id_post_id_key,
    ADD CONSTRAINT notifications_tell_once
        UNIQUE NULLS NOT DISTINCT (member_id, kind, topic_id, post_id, decision_id);
CREATE INDEX notifications_decision ON notifications (decision_id) WHERE decision_id IS NOT NULL;

-- Reporters who are members are notified once of the decision.
ALTER TABLE flags ADD COLUMN told_at timestamptz;
"""


def upgrade() -> None:
    run(LETTERS)
