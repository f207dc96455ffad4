"""Notifications: messages to members about posts, topics and decisions, each with its reason; written once and deleted
after the retention period."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec.json import encode

from core import clock
from core.ids import MemberId, PostId, TopicId
from forum.notifications.reasons import Because
from members.events import NotificationsRead, Notified
from storage.database import Transaction
from storage.statements import statement

# Kinds that come from following and from saved searches; all other kinds are addressed to the member personally.
FOLLOWED_KINDS = ("posted", "opened", "announced", "found")
# The reminder of a bookmark.
BOOKMARKED = "bookmarked"
# Kinds about which the member gets a separate e-mail.
KINDS_WITH_OWN_EMAIL = ("decided", "report_decided", "appeal_answered")
# Kinds about a post; each member gets at most one of them for one post.
POST_KINDS = ("reply", "mentioned", "quoted", "posted", "opened")
# Retention: read notifications for 90 days, all for a year. The posts themselves stay.
READ_RETENTION = timedelta(days=90)
RETENTION = timedelta(days=365)
_DELETE_OLD_NOTIFICATIONS = statement(
    "DELETE FROM notifications WHERE read_at < :read_before OR told_at < :told_before"
)
_INSERT_NOTIFICATIONS = statement("""
INSERT INTO notifications (member_id, kind, reason, because, topic_id, post_id, decision_id, told_at, mail_due_at)
SELECT recipient.member_id, :kind, coalesce(recipient.reason, ''), CAST(recipient.because AS jsonb), CAST(:topic AS bigint),
    CAST(:post AS bigint), CAST(:decision AS bigint), :now, mail_due(
        CASE WHEN :kind = ANY(CAST(:separate AS text[])) THEN 'never'
            WHEN :kind = ANY(CAST(:followed AS text[])) THEN coalesce(w.followed, 'daily')
            ELSE coalesce(w.direct, 'at_once') END,
        coalesce(w.time_zone, 'UTC'), :now)
FROM unnest(CAST(:members AS bigint[]), CAST(:reasons AS text[]), CAST(:because AS text[]))
    AS recipient (member_id, reason, because)
LEFT JOIN mail_wishes w ON w.member_id = recipient.member_id
WHERE NOT (:kind = ANY(CAST(:post_kinds AS text[])) AND EXISTS (
    SELECT FROM notifications n WHERE n.member_id = recipient.member_id AND n.post_id = CAST(:post AS bigint)
        AND n.kind = ANY(CAST(:post_kinds AS text[]))))
ON CONFLICT DO NOTHING RETURNING id, member_id
""")
_DELETE_NOTIFICATIONS_OF_POST = statement("""
DELETE FROM notifications WHERE kind = :kind AND post_id = :post AND member_id = ANY(CAST(:members AS bigint[]))
""")

_DELETE_UNSENT_NOTIFICATION = statement("""
DELETE FROM notifications WHERE member_id = :member AND kind = :kind AND post_id = :post AND mailed_at IS NULL
""")


async def notify(
    tx: Transaction,
    kind: str,
    topic_id: TopicId | None,
    post_id: PostId | None,
    reasons: Mapping[MemberId, Because | str],
    decision_id: int | None = None,
) -> int:
    """Notify members about a topic, a post or a decision; return the number of new notifications.

    Each member gets a reason: a code with its values, or a text that somebody wrote. Nobody is notified of the same thing
    twice, and of one post only once. Whether the member can read the post is checked when the notification is read.
    """
    rows = await tx.rows(
        _INSERT_NOTIFICATIONS,
        kind=kind,
        topic=topic_id,
        post=post_id,
        decision=decision_id,
        members=list(reasons),
        reasons=[reason if isinstance(reason, str) else None for reason in reasons.values()],
        because=[None if isinstance(reason, str) else encode(reason).decode() for reason in reasons.values()],
        followed=list(FOLLOWED_KINDS),
        separate=list(KINDS_WITH_OWN_EMAIL),
        post_kinds=list(POST_KINDS),
        now=clock.now(),
    )
    for row in sorted(rows, key=lambda row: int(row["member_id"])):
        await tx.record(Notified(member_id=row["member_id"], notification_id=row["id"]))
    return len(rows)


async def notify_again(
    tx: Transaction, kind: str, topic_id: TopicId, post_id: PostId, reasons: Mapping[MemberId, Because | str]
) -> None:
    """Notify members of something that can happen to a post repeatedly, replacing the earlier notification of that kind."""
    await tx.run(_DELETE_NOTIFICATIONS_OF_POST, kind=kind, post=post_id, members=list(reasons))
    await notify(tx, kind, topic_id, post_id, reasons)


async def take_back(tx: Transaction, kind: str, post_id: PostId, member: MemberId) -> None:
    """Delete the notification of one kind about a post; one that was e-mailed already stays, and is not repeated."""
    if await tx.run(_DELETE_UNSENT_NOTIFICATION, kind=kind, post=post_id, member=member):
        await tx.record(NotificationsRead(member_id=member))


async def delete_old_notifications(tx: Transaction, now: datetime) -> int:
    """Delete notifications after the retention period; return their number."""
    return await tx.run(
        _DELETE_OLD_NOTIFICATIONS, read_before=now - READ_RETENTION, told_before=now - RETENTION
    )
