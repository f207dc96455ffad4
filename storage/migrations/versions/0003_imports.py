"""The messages imported from archives of mailing lists, so that importing again adds only new ones."""

from storage.migrations.plain import run

revision = "0003"
down_revision = "0002"

IMPORTS = """
CREATE TABLE imported_mails (
    sector_id bigint NOT NULL REFERENCES sectors,
    message_id text NOT NULL,
    topic_id bigint REFERENCES topics ON DELETE SET NULL,
    post_id bigint REFERENCES posts ON DELETE SET NULL,
    -- The subject in the form in which it is compared, for replies without a reference.
    subject text NOT NULL,
    -- The messages it replies to that were not in the archive: if one is imported later, it belongs to this topic.
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
