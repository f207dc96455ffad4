"""Members can have a picture."""

from storage.migrations.plain import run

revision = "0074"
down_revision = "0073"

UPGRADE = """
ALTER TABLE members ADD COLUMN picture text;
CREATE TABLE member_pictures (
    member_id bigint PRIMARY KEY REFERENCES members ON DELETE CASCADE,
    name text NOT NULL UNIQUE,
    small bytea NOT NULL,
    large bytea NOT NULL,
    set_at timestamptz NOT NULL
);
CREATE OR REPLACE VIEW public_authors AS
SELECT id, handle, display_name, CASE WHEN 'stakeholder_group' = ANY (public) THEN stakeholder_group END AS "group", picture
FROM members;
"""


def upgrade() -> None:
    """Add the column and the table, and the picture to the view of authors; nobody has one yet."""
    run(UPGRADE)
