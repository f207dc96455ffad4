"""Changed templates of reasons, in all versions."""

from storage.migrations.plain import run

revision = "0035"
down_revision = "0034"

TEMPLATES = """
-- The templates of the service have no row until they are changed. The highest version is in force; older ones belong to
-- earlier decisions.
CREATE TABLE reason_templates (
    key text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    texts jsonb NOT NULL CHECK (texts ? 'en'),
    is_offered boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by bigint REFERENCES members ON DELETE SET NULL,
    PRIMARY KEY (key, version)
);
CREATE INDEX reason_templates_changed_by ON reason_templates (changed_by);
"""


def upgrade() -> None:
    run(TEMPLATES)
