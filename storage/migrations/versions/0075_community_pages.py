"""Pages of the community such as community rules, in versions; who accepted which of them; and when backups were made."""

from storage.migrations.plain import run

revision = "0075"
down_revision = "0074"

UPGRADE = """
CREATE TABLE community_pages (
    page text NOT NULL,
    version integer NOT NULL,
    texts jsonb NOT NULL,
    html jsonb NOT NULL,
    is_announced boolean NOT NULL,
    published_at timestamptz NOT NULL,
    published_by bigint REFERENCES members (id) ON DELETE SET NULL,
    PRIMARY KEY (page, version),
    CHECK (page IN ('rules', 'privacy', 'terms', 'imprint'))
);
CREATE TABLE consents (
    member_id bigint NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    page text NOT NULL,
    version integer NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, page, version)
);
CREATE TABLE backup_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at timestamptz NOT NULL,
    row_count bigint NOT NULL,
    is_encrypted boolean NOT NULL
);
"""


def upgrade() -> None:
    """Create the tables."""
    run(UPGRADE)
