"""Files in posts."""

from storage.migrations.plain import run

revision = "0018"
down_revision = "0017"

FILES = """
-- The size of images, so that pages reserve space for them.
ALTER TABLE files ADD COLUMN width integer, ADD COLUMN height integer;

-- The text of PDFs, extracted once by the worker, for search.
CREATE TABLE file_texts (
    sha256 bytea PRIMARY KEY REFERENCES file_contents ON DELETE CASCADE,
    words text NOT NULL,
    read_at timestamptz NOT NULL
);
CREATE INDEX files_unread ON files (id) WHERE media_type = 'application/pdf';
"""


def upgrade() -> None:
    run(FILES)
