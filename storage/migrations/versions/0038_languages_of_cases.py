"""In which language what a case is about is written, so that somebody decides who reads it."""

from storage.migrations.plain import run

revision = "0038"
down_revision = "0037"

# Of cases that were opened before it is not known.
LANGUAGES = "ALTER TABLE cases ADD COLUMN language text"


def upgrade() -> None:
    run(LANGUAGES)
