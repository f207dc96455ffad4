"""Machine translations of posts that readers asked for, and what the translator was sent today.

The primary key has no version: a row belongs to the text with its digest, and a new text takes its place.
"""

from storage.migrations.plain import run

revision = "0068"
down_revision = "0067"

UPGRADE = """
CREATE TABLE post_translations (
    post_id bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    target text NOT NULL,
    source text NOT NULL,
    digest bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    due_at timestamptz,
    html text,
    provider text,
    made_at timestamptz,
    PRIMARY KEY (post_id, target),
    CHECK ((html IS NULL) = (made_at IS NULL) AND (html IS NULL) = (provider IS NULL)),
    CHECK (html IS NULL OR due_at IS NULL)
);
CREATE INDEX post_translations_due_at_idx ON post_translations (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE translator_uses (
    provider text PRIMARY KEY,
    day date NOT NULL,
    characters bigint NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    paused_until timestamptz
);
"""


def upgrade() -> None:
    """Create the tables."""
    run(UPGRADE)
