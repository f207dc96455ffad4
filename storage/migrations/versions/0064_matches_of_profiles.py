"""Rules report profiles too: a match is about a post or about the profile of a member."""

from storage.migrations.plain import run

revision = "0064"
down_revision = "0063"

UPGRADE = """
ALTER TABLE rule_matches
    ALTER COLUMN post_id DROP NOT NULL,
    ADD COLUMN member_id bigint REFERENCES members (id) ON DELETE CASCADE,
    ADD CONSTRAINT rule_matches_subject_check CHECK (num_nonnulls(post_id, member_id) = 1),
    ADD CONSTRAINT rule_matches_rule_id_member_id_key UNIQUE (rule_id, member_id);
"""


def upgrade() -> None:
    """Add the column; matches of posts stay as they are."""
    run(UPGRADE)
