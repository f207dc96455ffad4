"""Notification of announced gatherings: the members who watch the sector, or only its new topics."""

from core import clock
from core.ids import MemberId
from forum.following_levels import WATCHING_FIRST_POST
from members.events import Notified
from storage.database import Transaction
from storage.statements import statement

ANNOUNCED = "announced"

# The e-mail setting of the sector counts, otherwise that for what the member follows, as for new topics.
_INSERT_ANNOUNCEMENT_NOTIFICATIONS = statement("""
INSERT INTO notifications (member_id, kind, reason, because, gathering_id, told_at, mail_due_at)
SELECT f.member_id, :kind, '', jsonb_build_object('code', 'sector', 'name', s.name, 'id', s.id), :gathering, :now,
    mail_due(coalesce(f.mail, w.followed, 'daily'), coalesce(w.time_zone, 'UTC'), :now)
FROM following f JOIN sectors s ON s.id = f.sector_id
JOIN members m ON m.id = f.member_id AND m.is_claimed
LEFT JOIN mail_wishes w ON w.member_id = f.member_id
WHERE f.sector_id = :sector AND f.chosen >= :level AND f.member_id <> :by
ORDER BY f.member_id
ON CONFLICT DO NOTHING RETURNING id, member_id
""")


async def notify_sector_followers(tx: Transaction, sector_id: int, gathering_id: int, by: MemberId) -> None:
    """Notify the members who watch the sector or its new topics of a gathering, each once, except who announced it.

    Whether the gathering still takes place is checked again when the notification is read or e-mailed.
    """
    rows = await tx.rows(
        _INSERT_ANNOUNCEMENT_NOTIFICATIONS,
        kind=ANNOUNCED,
        sector=sector_id,
        gathering=gathering_id,
        level=WATCHING_FIRST_POST,
        by=by,
        now=clock.now(),
    )
    await tx.record_all(
        [Notified(member_id=MemberId(row["member_id"]), notification_id=row["id"]) for row in rows]
    )
