"""The language of the subject of a case, so that a moderator who reads it can decide."""

from storage.migrations.plain import run

revision = "0038"
down_revision = "0037"

# It is unknown for earlier cases.
LANGUAGES = "ALTER TABLE cases ADD COLUMN language text"


def upgrade() -> None:
    run(LANGUAGES)
