"""The counters of boards: the last numbers that were given to an entry and to an edition."""

from storage.counters import Counter
from storage.statements import statement

LAST_NUMBERS_OF_BOARDS = Counter(
    name="last numbers of stock-takes",
    find=statement("""
SELECT b.id FROM boards b
WHERE b.last_number < (SELECT max(number) FROM entries WHERE board_id = b.id)
    OR b.last_edition < (SELECT max(number) FROM editions WHERE board_id = b.id)
ORDER BY b.id
"""),
    lock=statement("SELECT FROM boards WHERE id = :id FOR UPDATE"),
    repair=statement("""
UPDATE boards SET last_number = greatest(last_number, (SELECT max(number) FROM entries WHERE board_id = :id)),
    last_edition = greatest(last_edition, (SELECT max(number) FROM editions WHERE board_id = :id)) WHERE id = :id
"""),
)
