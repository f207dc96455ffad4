"""Entries of boards are found by words without accents, vowel signs and width, as everything else is."""

from storage.migrations.plain import run

revision = "0050"
down_revision = "0048"

# Combining marks that people leave out, the sign that lengthens Arabic letters, and characters without ink (soft hyphen,
# zero width, direction). They are removed before the normal form is made too: PostgreSQL sorts long runs of marks slowly.
_DROPPED = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
)
# Letters that Unicode does not take apart, spellings of one letter, and digits of Arabic and Persian.
_LETTERS = "ıłøđðħςکیىةٱ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"
_PLAIN = "iloddhσكييها01234567890123456789"

FOLD = f"""
CREATE FUNCTION fold_words(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT replace(replace(replace(translate(lower(
        regexp_replace(normalize(regexp_replace(words, '[{_DROPPED}]', '', 'g'), NFKD), '[{_DROPPED}]', '', 'g')
    ), '{_LETTERS}', '{_PLAIN}'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
$$;
CREATE FUNCTION fold_all_words(words text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT fold_words(one) FROM unnest(words) AS one)
$$;
"""

# A trigger, so that the code that is still running writes the same.
TRIGGER = """
CREATE FUNCTION fold_entry_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := fold_words(NEW.words);
    RETURN NEW;
END
$$;
CREATE TRIGGER entries_have_folded_words BEFORE INSERT OR UPDATE OF words ON entries
    FOR EACH ROW EXECUTE FUNCTION fold_entry_words();
UPDATE entries SET words = words;
"""


def upgrade() -> None:
    """Fold the words by which entries are found."""
    run(FOLD + TRIGGER)
