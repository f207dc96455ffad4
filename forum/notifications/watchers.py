"""Telling those who follow: one statement finds who is to hear of a post, why, and when it is mailed to whom."""

from core import clock
from core.ids import MemberId
from forum.events import ReplyPosted
from members.events import Notified
from storage.database import Transaction
from storage.statements import statement

# What was chosen for the topic counts; otherwise the most of what came of itself, the sector and the tags, as in
# following.py. Of several reasons the nearest is given. Who was told of the post already, being named in it, is not told
# again. Whether somebody may read it is asked once more when it is shown; what is for few is not even told to others.
_TELL = statement("""
WITH post AS (
    SELECT p.id, p.number, p.author_id, p.topic_id, t.sector_id, t.tags, t.readers, t.body, parent.author_id AS answered
    FROM posts p JOIN topics t ON t.id = p.topic_id LEFT JOIN posts parent ON parent.id = p.parent_id
    WHERE p.id = :post AND p.state = 'published' AND p.markup <> 'mail' AND t.kind <> 'room'
        AND NOT (t.kind = 'entry' AND p.number = 1) AND t.hidden_at IS NULL AND t.withdrawn_at IS NULL
), said AS (
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
    SELECT answered, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM post WHERE answered IS NOT NULL
), followers AS (
    SELECT member_id, max(chosen) AS chosen, max(automatic) AS automatic, max(because) AS because, max(mail) AS mail,
        max(by_sector) AS by_sector, max(by_tag) AS by_tag, max(wide_mail) AS wide_mail,
        (array_agg(tag ORDER BY by_tag DESC NULLS LAST) FILTER (WHERE tag IS NOT NULL))[1] AS tag
    FROM said GROUP BY member_id
), levels AS (
    SELECT *, coalesce(chosen, greatest(automatic, by_sector, by_tag), 1) AS level FROM followers
), told AS (
    SELECT l.member_id, l.mail, l.wide_mail, post.number, post.id AS post_id, post.topic_id,
        l.level > 0 AND post.answered = l.member_id AS is_answered,
        CASE WHEN l.level > 0 AND post.answered = l.member_id THEN jsonb_build_object('code', 'answers_you')
            WHEN l.chosen IS NOT NULL THEN jsonb_build_object('code', 'topic')
            WHEN l.automatic = l.level THEN jsonb_build_object('code', l.because)
            WHEN l.by_sector = l.level THEN jsonb_build_object('code', 'sector', 'name', s.name, 'id', s.id)
            ELSE jsonb_build_object('code', 'tag', 'name', l.tag, 'id', l.tag) END AS because
    FROM levels l CROSS JOIN post JOIN sectors s ON s.id = post.sector_id
    JOIN members m ON m.id = l.member_id AND m.is_claimed
    WHERE l.member_id IS DISTINCT FROM post.author_id
        AND (l.level = 4 OR l.level = 3 AND post.number = 1 OR l.level > 0 AND post.answered = l.member_id)
        AND (post.readers <> 'listed'
            OR EXISTS (SELECT FROM topic_readers r WHERE r.topic_id = post.topic_id AND r.member_id = l.member_id)
            OR EXISTS (SELECT FROM body_members b WHERE b.body = post.body AND b.member_id = l.member_id))
        AND NOT EXISTS (SELECT FROM notifications n WHERE n.post_id = post.id AND n.member_id = l.member_id)
)
INSERT INTO notifications (member_id, kind, reason, because, topic_id, post_id, told_at, mail_due_at)
SELECT told.member_id, CASE WHEN is_answered THEN 'reply' WHEN number = 1 THEN 'opened' ELSE 'posted' END, '', because,
    topic_id, post_id, :now,
    mail_due(coalesce(told.mail,
        CASE WHEN is_answered THEN coalesce(w.direct, 'at_once') ELSE coalesce(wide_mail, w.followed, 'daily') END),
        coalesce(w.time_zone, 'UTC'), :now)
FROM told LEFT JOIN mail_wishes w ON w.member_id = told.member_id
ORDER BY told.member_id
ON CONFLICT DO NOTHING RETURNING id, member_id
""")


async def on_reply_posted(tx: Transaction, event: ReplyPosted) -> None:
    """Tell all who watch where a post arrived, and whom it answers; each once, with the nearest reason."""
    rows = await tx.rows(_TELL, post=event.post_id, now=clock.now())
    await tx.record_all(
        [Notified(member_id=MemberId(row["member_id"]), notification_id=row["id"]) for row in rows]
    )
