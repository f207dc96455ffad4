"""Imports keep the file and how to read it, and a board remembers to which fields the columns of tables belong."""

from storage.migrations.plain import run

revision = "0046"
down_revision = "0044"

IMPORT_MAPPINGS = """
ALTER TABLE board_imports
    -- The file, compressed with zlib, until the import is applied: the person who imports can read it again in another way.
    ADD COLUMN content bytea,
    -- How the file is read, to which fields its columns belong, and how ambiguous cells are read.
    ADD COLUMN options jsonb NOT NULL DEFAULT '{}';

CREATE TABLE import_mappings (
    board_id bigint PRIMARY KEY REFERENCES boards (id) ON DELETE CASCADE,
    -- {name of a column: key of a field, or empty for columns that are left out}
    columns jsonb NOT NULL
);
"""


def upgrade() -> None:
    run(IMPORT_MAPPINGS)
