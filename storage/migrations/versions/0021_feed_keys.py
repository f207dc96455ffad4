"""Keys for personal feeds."""

from storage.migrations.plain import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    run("""
    CREATE TABLE feed_keys (
        member_id bigint PRIMARY KEY REFERENCES members ON DELETE CASCADE,
        key_hash bytea NOT NULL UNIQUE,
        made_at timestamptz NOT NULL
    );
    """)
