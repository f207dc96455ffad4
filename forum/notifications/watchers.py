"""Notification of watchers: the members who watch the topic, sector or tags of a new post, and the author it replies to."""

from core import clock
from core.ids import MemberId
from forum.events import ReplyPosted
from forum.following_levels import MUTED, NORMAL, WATCHING, WATCHING_FIRST_POST
from members.events import Notified
from storage.database import Transaction
from storage.statements import statement

# The level that the member chose for the topic counts; otherwise the highest of the automatic level and the levels of the
# sector and the tags, as in forum/following. The most specific reason is given. A member who was already notified of the
# post, for a mention or a quote, is not notified again. Access is checked again when the notification is shown; for a topic
# with listed readers, other members do not even get one.
_INSERT_WATCHER_NOTIFICATIONS = statement("""
WITH post AS (
    SELECT p.id, p.number, p.author_id, p.topic_id, t.sector_id, t.tags, t.readers, t.body,
        parent.author_id AS parent_author_id
    FROM posts p JOIN topics t ON t.id = p.topic_id LEFT JOIN posts parent ON parent.id = p.parent_id
    WHERE p.id = :post AND p.state = 'published' AND p.markup <> 'mail' AND t.kind <> 'room'
        AND NOT (t.kind = 'entry' AND p.number = 1) AND t.hidden_at IS NULL AND t.withdrawn_at IS NULL
), subscriptions AS (
    SELECT f.member_id, f.chosen, f.automatic, f.because, f.mail, CAST(NULL AS smallint) AS by_sector,
        CAST(NULL AS smallint) AS by_tag, CAST(NULL AS text) AS tag, CAST(NULL AS text) AS wide_mail
    FROM following f JOIN post ON f.topic_id = post.topic_id
    UNION ALL
    SELECT f.member_id, NULL, NULL, NULL, NULL, f.chosen, NULL, NULL, f.mail
    FROM following f JOIN post ON f.sector_id = post.sector_id
    UNION ALL
    SELECT f.member_id, NULL, NULL, NULL, NULL, NULL, f.chosen, f.tag, f.mail
    FROM following f JOIN post ON f.tag = ANY(post.tags)
    UNION ALL
    SELECT parent_author_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM post WHERE parent_author_id IS NOT NULL
), followers AS (
    SELECT member_id, max(chosen) AS chosen, max(automatic) AS automatic, max(because) AS because, max(mail) AS mail,
        max(by_sector) AS by_sector, max(by_tag) AS by_tag, max(wide_mail) AS wide_mail,
        (array_agg(tag ORDER BY by_tag DESC NULLS LAST) FILTER (WHERE tag IS NOT NULL))[1] AS tag
    FROM subscriptions GROUP BY member_id
), levels AS (
    SELECT *, coalesce(chosen, greatest(automatic, by_sector, by_tag), CAST(:normal AS smallint)) AS level FROM followers
), recipients AS (
    SELECT l.member_id, l.mail, l.wide_mail, post.number, post.id AS post_id, post.topic_id,
        l.level > :muted AND post.parent_author_id = l.member_id AS is_reply_to_member,
        CASE WHEN l.level > :muted AND post.parent_author_id = l.member_id THEN jsonb_build_object('code', 'answers_you')
            WHEN l.chosen IS NOT NULL THEN jsonb_build_object('code', 'topic')
            WHEN l.automatic = l.level THEN jsonb_build_object('code', l.because)
            WHEN l.by_sector = l.level THEN jsonb_build_object('code', 'sector', 'name', s.name, 'id', s.id)
            ELSE jsonb_build_object('code', 'tag', 'name', l.tag, 'id', l.tag) END AS because
    FROM levels l CROSS JOIN post JOIN sectors s ON s.id = post.sector_id
    JOIN members m ON m.id = l.member_id AND m.is_claimed
    WHERE l.member_id IS DISTINCT FROM post.author_id
        AND (l.level = :watching OR l.level = :watching_first_post AND post.number = 1
            OR l.level > :muted AND post.parent_author_id = l.member_id)
        AND (post.readers <> 'listed'
            OR EXISTS (SELECT FROM topic_readers r WHERE r.topic_id = post.topic_id AND r.member_id = l.member_id)
            OR EXISTS (SELECT FROM body_members b WHERE b.body = post.body AND b.member_id = l.member_id))
        AND NOT EXISTS (SELECT FROM notifications n WHERE n.post_id = post.id AND n.member_id = l.member_id)
)
INSERT INTO notifications (member_id, kind, reason, because, topic_id, post_id, told_at, mail_due_at)
SELECT r.member_id, CASE WHEN is_reply_to_member THEN 'reply' WHEN number = 1 THEN 'opened' ELSE 'posted' END, '', because,
    topic_id, post_id, :now,
    mail_due(coalesce(r.mail, CASE WHEN is_reply_to_member THEN coalesce(w.direct, 'at_once')
            ELSE coalesce(wide_mail, w.followed, 'daily') END),
        coalesce(w.time_zone, 'UTC'), :now)
FROM recipients r LEFT JOIN mail_wishes w ON w.member_id = r.member_id
ORDER BY r.member_id
ON CONFLICT DO NOTHING RETURNING id, member_id
""")
_LEVELS = {
    "muted": MUTED,
    "normal": NORMAL,
    "watching_first_post": WATCHING_FIRST_POST,
    "watching": WATCHING,
}


async def on_reply_posted(tx: Transaction, event: ReplyPosted) -> None:
    """Notify the members who watch where a post arrived and the author it replies to, each once with the nearest reason."""
    rows = await tx.rows(_INSERT_WATCHER_NOTIFICATIONS, post=event.post_id, now=clock.now(), **_LEVELS)
    await tx.record_all(
        [Notified(member_id=MemberId(row["member_id"]), notification_id=row["id"]) for row in rows]
    )
