"""The counters of topics: how many published posts each has, and the last number that was given to a post."""

from storage.counters import Counter
from storage.statements import statement

_LOCK = statement("SELECT FROM topics WHERE id = :id FOR UPDATE")

POSTS_OF_TOPICS = Counter(
    name="posts of topics",
    find=statement("""
SELECT t.id FROM topics t
LEFT JOIN (SELECT topic_id, count(*) AS n FROM posts WHERE state = 'published' GROUP BY topic_id) p ON p.topic_id = t.id
WHERE t.post_count <> coalesce(p.n, 0) ORDER BY t.id
"""),
    lock=_LOCK,
    repair=statement("""
UPDATE topics SET version = version + 1,
    post_count = (SELECT count(*) FROM posts WHERE topic_id = :id AND state = 'published') WHERE id = :id
"""),
)
# Numbers of moved posts are never given again, so that old addresses still redirect.
LAST_NUMBERS_OF_TOPICS = Counter(
    name="last numbers of topics",
    find=statement("""
SELECT t.id FROM topics t JOIN (
    SELECT topic_id, max(number) AS last FROM (
        SELECT topic_id, number FROM posts UNION ALL SELECT topic_id, number FROM former_places) AS given
    GROUP BY topic_id) g ON g.topic_id = t.id
WHERE t.last_number < g.last ORDER BY t.id
"""),
    lock=_LOCK,
    repair=statement("""
UPDATE topics SET version = version + 1, last_number = greatest(last_number,
    (SELECT max(number) FROM posts WHERE topic_id = :id), (SELECT max(number) FROM former_places WHERE topic_id = :id))
WHERE id = :id
"""),
)
