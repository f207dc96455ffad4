"""Statistics of the queues: how many cases wait and for how long, and how many each moderator decided."""

from datetime import datetime, timedelta

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.ids import MemberId
from core.languages.names import shared_name
from forum.authors import author_of
from forum.visibility import seen_by
from members.shapes import Author
from moderation.policy import ensure_can_read_queue
from storage.database import Reader
from storage.statements import statement

PERIOD = timedelta(days=30)

SELECT_SECTOR_QUEUES = statement("""
SELECT s.slug, s.name,
    count(*) FILTER (WHERE c.state = 'open') AS waiting,
    min(c.opened_at) FILTER (WHERE c.state = 'open') AS oldest,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.decided_at - o.opened_at))
        FROM decisions d JOIN cases o ON o.id = d.case_id
        WHERE o.sector_id = s.id AND d.undone_at IS NULL AND d.decided_at > :since) AS median
FROM sectors s JOIN cases c ON c.sector_id = s.id
WHERE :administers OR c.sector_id = ANY(CAST(:moderated AS bigint[]))
GROUP BY s.id ORDER BY s.place
""")
# Night is from 20 to 7 o'clock UTC, because the moderators' own time zones are not known here.
SELECT_MODERATOR_LOADS = statement("""
SELECT m.id, m.handle, m.display_name, m.picture, count(*) AS decided,
    count(*) FILTER (WHERE d.reversed_at IS NOT NULL) AS reversed,
    count(*) FILTER (WHERE extract(isodow FROM d.decided_at AT TIME ZONE 'UTC') > 5
        OR extract(hour FROM d.decided_at AT TIME ZONE 'UTC') < 7
        OR extract(hour FROM d.decided_at AT TIME ZONE 'UTC') >= 20) AS out_of_hours
FROM decisions d JOIN cases c ON c.id = d.case_id JOIN members m ON m.id = d.decided_by
WHERE (:administers OR c.sector_id = ANY(CAST(:moderated AS bigint[])))
    AND d.undone_at IS NULL AND d.decided_at > :since
GROUP BY m.id ORDER BY count(*) DESC, m.id
""")


class SectorQueue(Struct, frozen=True, kw_only=True):
    """The queue of one sector: how many cases are open, since when the oldest waits, and the median time to a decision
    in seconds."""

    sector: str
    name: str
    waiting: int
    oldest: datetime | None
    median: int | None


class ModeratorLoad(Struct, frozen=True, kw_only=True):
    """How many cases one moderator decided in the period, how many of them at night or on weekends, and how many were
    reversed."""

    by: Author | None
    decided: int
    out_of_hours: int
    reversed: int


class QueueStatistics(Struct, frozen=True, kw_only=True):
    """The queues of the viewer's sectors, and the moderators who decided there in the last 30 days."""

    since: datetime
    waiting: int
    queues: list[SectorQueue]
    loads: list[ModeratorLoad]


async def read_statistics(tx: Reader, actor: Actor) -> QueueStatistics:
    """Return the statistics of the sectors that the actor moderates, for the last 30 days. Raises NotModerator."""
    ensure_can_read_queue(actor)
    since = clock.now() - PERIOD
    seen = seen_by(actor)
    binds = {"administers": seen["administers"], "moderated": seen["moderated"], "since": since}
    queues = [
        SectorQueue(
            sector=row["slug"],
            name=shared_name(row["name"]),
            waiting=row["waiting"],
            oldest=row["oldest"],
            median=None if row["median"] is None else round(row["median"]),
        )
        for row in await tx.rows(SELECT_SECTOR_QUEUES, **binds)
    ]
    loads = [
        ModeratorLoad(
            by=author_of(MemberId(row["id"]), row["handle"], row["display_name"], None, row["picture"]),
            decided=row["decided"],
            out_of_hours=row["out_of_hours"],
            reversed=row["reversed"],
        )
        for row in await tx.rows(SELECT_MODERATOR_LOADS, **binds)
    ]
    return QueueStatistics(
        since=since, waiting=sum(queue.waiting for queue in queues), queues=queues, loads=loads
    )
