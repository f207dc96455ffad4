"""Drafts."""

from storage.migrations.plain import run

revision = "0016"
down_revision = "0015"

DRAFTS = """
-- The drafts of members. A posted or discarded draft keeps its version for a while, so that another window cannot save it
-- again.
CREATE TABLE drafts (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    key text NOT NULL,
    body text NOT NULL,
    title text NOT NULL DEFAULT '',
    tags text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    sequence bigint NOT NULL DEFAULT 1,
    owner text NOT NULL DEFAULT '',
    saved_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (member_id, key)
);
CREATE INDEX drafts_saved ON drafts (saved_at);
"""


def upgrade() -> None:
    run(DRAFTS)
