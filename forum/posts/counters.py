"""The counters of posts: their reactions of each kind."""

from storage.counters import Counter
from storage.statements import statement

REACTIONS_TO_POSTS = Counter(
    name="reactions to posts",
    find=statement("""
SELECT p.id FROM posts p LEFT JOIN (
    SELECT post_id, jsonb_object_agg(kind, n) AS counted
    FROM (SELECT post_id, kind, count(*) AS n FROM reactions GROUP BY post_id, kind) AS kinds GROUP BY post_id
) r ON r.post_id = p.id
WHERE p.reactions <> coalesce(r.counted, '{}') ORDER BY p.id
"""),
    lock=statement("SELECT FROM posts WHERE id = :id FOR UPDATE"),
    repair=statement("""
UPDATE posts SET version = version + 1, reactions = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM reactions WHERE post_id = :id GROUP BY kind) AS counted
), '{}') WHERE id = :id
"""),
)
