"""Held edits and drafts keep the language that their author chose; a post whose language is corrected is indexed again; and
what each member asked the translator for today.
"""

from storage.migrations.plain import run

revision = "0072"
down_revision = "0068"

UPGRADE = """
ALTER TABLE held_posts ADD COLUMN edit_language text;
ALTER TABLE drafts ADD COLUMN language text NOT NULL DEFAULT '';
CREATE TABLE translation_uses (
    member_id bigint PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    day date NOT NULL,
    characters bigint NOT NULL
);
CREATE TRIGGER search_language AFTER UPDATE OF language ON posts FOR EACH ROW
    WHEN (OLD.language IS DISTINCT FROM NEW.language) EXECUTE FUNCTION search_again();
"""


def upgrade() -> None:
    """Add the columns, the table and the trigger."""
    run(UPGRADE)
