"""The counters of entries: the confirmations of each kind."""

from storage.counters import Counter
from storage.statements import statement

CONFIRMATIONS_OF_ENTRIES = Counter(
    name="confirmations of entries",
    find=statement("""
SELECT e.id FROM entries e LEFT JOIN (
    SELECT entry_id, jsonb_object_agg(kind, n) AS counted
    FROM (SELECT entry_id, kind, count(*) AS n FROM entry_confirmations GROUP BY entry_id, kind) AS kinds
    GROUP BY entry_id
) c ON c.entry_id = e.id
WHERE e.confirmations <> coalesce(c.counted, '{}') ORDER BY e.id
"""),
    lock=statement("SELECT FROM entries WHERE id = :id FOR UPDATE"),
    repair=statement("""
UPDATE entries SET confirmations = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM entry_confirmations WHERE entry_id = :id GROUP BY kind) AS counted
), '{}') WHERE id = :id
"""),
)
