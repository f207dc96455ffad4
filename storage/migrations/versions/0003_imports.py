"""What has been imported from mailing lists' archives, so that importing again adds only what is new."""

from storage.migrations.plain import run

revision = "0003"
down_revision = "0002"

IMPORTS = """
CREATE TABLE imported_mails (
    sector_id bigint NOT NULL REFERENCES sectors,
    message_id text NOT NULL,
    topic_id bigint REFERENCES topics ON DELETE SET NULL,
    post_id bigint REFERENCES posts ON DELETE SET NULL,
    -- The subject as it is compared, for answers that do not say what they answer.
    subject text NOT NULL,
    -- The mails it answers that were not there: should one come, it belongs into this topic.
    awaits text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (sector_id, message_id)
);
CREATE INDEX imported_mails_post ON imported_mails (post_id);
CREATE INDEX imported_mails_topic ON imported_mails (topic_id);
CREATE INDEX imported_mails_subject ON imported_mails (sector_id, subject);
CREATE INDEX imported_mails_awaits ON imported_mails USING gin (awaits);
"""


def upgrade() -> None:
    run(IMPORTS)
