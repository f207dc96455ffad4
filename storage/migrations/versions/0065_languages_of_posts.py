"""Each post knows its language: a BCP 47 tag, or NULL where it is undetermined, and who said so.

Both are NULL in posts that nobody has looked at; a job detects the language of older posts bit by bit.
"""

from storage.migrations.plain import run

revision = "0065"
down_revision = "0064"

UPGRADE = """
ALTER TABLE posts
    ADD COLUMN language text,
    ADD COLUMN language_by text,
    ADD CONSTRAINT posts_language_check CHECK (language IS NULL OR language_by IS NOT NULL);
"""


def upgrade() -> None:
    """Add the columns; posts that exist have no language yet."""
    run(UPGRADE)
