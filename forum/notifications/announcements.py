"""Notification of announced gatherings: the members who watch the sector, or only its new topics."""

from datetime import datetime

from msgspec import Struct, structs

from core import clock
from core.ids import MemberId
from forum.following_levels import WATCHING_FIRST_POST
from members.events import Notified
from storage.database import Transaction
from storage.statements import statement

ANNOUNCED = "announced"

# The e-mail setting of the sector counts, otherwise that for what the member follows, as for new topics.
_INSERT_ANNOUNCEMENT_NOTIFICATIONS = statement("""
INSERT INTO notifications (member_id, kind, reason, because, gathering_id, title, titles, starts_at, ends_at, told_at,
    mail_due_at)
SELECT f.member_id, :kind, '', jsonb_build_object('code', 'sector', 'name', s.name, 'id', s.id), :gathering,
    CAST(:title AS text), CAST(:titles AS jsonb), CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz), :now,
    mail_due(coalesce(f.mail, w.followed, 'daily'), coalesce(w.time_zone, 'UTC'), :now)
FROM following f JOIN sectors s ON s.id = f.sector_id
JOIN members m ON m.id = f.member_id AND m.is_claimed
LEFT JOIN mail_wishes w ON w.member_id = f.member_id
WHERE f.sector_id = :sector AND f.chosen >= :level AND f.member_id <> :by
ORDER BY f.member_id
ON CONFLICT DO NOTHING RETURNING id, member_id
""")
_UPDATE_ANNOUNCEMENT_NOTIFICATIONS = statement("""
UPDATE notifications SET title = CAST(:title AS text), titles = CAST(:titles AS jsonb),
    starts_at = CAST(:starts_at AS timestamptz), ends_at = CAST(:ends_at AS timestamptz)
WHERE gathering_id = :gathering
""")


class Announcement(Struct, frozen=True):
    """What a notification shows of a gathering."""

    title: str
    titles: dict[str, str]
    starts_at: datetime
    ends_at: datetime


async def notify_sector_followers(
    tx: Transaction, sector_id: int, gathering_id: int, shown: Announcement, by: MemberId
) -> None:
    """Notify the members who watch the sector or its new topics of a gathering, each once, except who announced it.

    The caller holds the lock on the gathering, and calls `update_announcements` in the transaction that changes it.
    """
    rows = await tx.rows(
        _INSERT_ANNOUNCEMENT_NOTIFICATIONS,
        kind=ANNOUNCED,
        sector=sector_id,
        gathering=gathering_id,
        **structs.asdict(shown),
        level=WATCHING_FIRST_POST,
        by=by,
        now=clock.now(),
    )
    await tx.record_all(
        [Notified(member_id=MemberId(row["member_id"]), notification_id=row["id"]) for row in rows]
    )


async def update_announcements(tx: Transaction, gathering_id: int, shown: Announcement | None) -> None:
    """Show what has changed in the notifications of a gathering; None hides them, because it does not take place."""
    values: dict[str, object] = {"title": None, "titles": {}, "starts_at": None, "ends_at": None}
    values |= {} if shown is None else structs.asdict(shown)
    await tx.run(_UPDATE_ANNOUNCEMENT_NOTIFICATIONS, gathering=gathering_id, **values)
