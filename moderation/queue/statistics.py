"""How the queues do, and how those who work at them do: what waits longest, how long things take, who carries how much."""

from datetime import datetime, timedelta

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.ids import MemberId
from forum.authors import author_of
from forum.visibility import seen_by
from members.shapes import Author
from moderation.policy import ensure_can_read_queue
from storage.database import Reader
from storage.statements import statement

SPAN = timedelta(days=30)
# What people decide at night or at the week's end, by the clock of UTC: nobody's own time zone is known here.
_NIGHT_ENDS, _NIGHT_BEGINS = 7, 20

_MINE = "(:administers OR c.sector_id = ANY(CAST(:moderated AS bigint[])))"
_QUEUES = statement(f"""
SELECT s.slug, s.name,
    count(*) FILTER (WHERE c.state = 'open') AS waiting,
    min(c.opened_at) FILTER (WHERE c.state = 'open') AS oldest,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.decided_at - o.opened_at))
        FROM decisions d JOIN cases o ON o.id = d.case_id
        WHERE o.sector_id = s.id AND d.undone_at IS NULL AND d.decided_at > :since) AS median
FROM sectors s JOIN cases c ON c.sector_id = s.id
WHERE {_MINE} GROUP BY s.id ORDER BY s.place
""")
_LOAD = statement(f"""
SELECT m.id, m.handle, m.display_name, count(*) AS decided,
    count(*) FILTER (WHERE d.reversed_at IS NOT NULL) AS reversed,
    count(*) FILTER (WHERE extract(isodow FROM d.decided_at AT TIME ZONE 'UTC') > 5
        OR extract(hour FROM d.decided_at AT TIME ZONE 'UTC') < {_NIGHT_ENDS}
        OR extract(hour FROM d.decided_at AT TIME ZONE 'UTC') >= {_NIGHT_BEGINS}) AS out_of_hours
FROM decisions d JOIN cases c ON c.id = d.case_id JOIN members m ON m.id = d.decided_by
WHERE {_MINE} AND d.undone_at IS NULL AND d.decided_at > :since
GROUP BY m.id ORDER BY count(*) DESC, m.id
""")


class SectorQueue(Struct, frozen=True, kw_only=True):
    """One sector's queue: how much waits, since when, and how long half of the decisions took, in seconds."""

    sector: str
    name: str
    waiting: int
    oldest: datetime | None
    median: int | None


class ModeratorLoad(Struct, frozen=True, kw_only=True):
    """How much one moderator decided lately, how much of it at night or at the week's end, how much was taken back."""

    by: Author | None
    decided: int
    out_of_hours: int
    reversed: int


class QueueStatistics(Struct, frozen=True, kw_only=True):
    """The queues of one's sectors, and those who worked at them in the last thirty days."""

    since: datetime
    waiting: int
    queues: list[SectorQueue]
    loads: list[ModeratorLoad]


async def read_statistics(tx: Reader, actor: Actor) -> QueueStatistics:
    """How the queues of the sectors that the actor moderates do."""
    ensure_can_read_queue(actor)
    since = clock.now() - SPAN
    seen = seen_by(actor)
    whose = {"administers": seen["administers"], "moderated": seen["moderated"], "since": since}
    queues = [
        SectorQueue(
            sector=row["slug"],
            name=row["name"],
            waiting=row["waiting"],
            oldest=row["oldest"],
            median=None if row["median"] is None else round(row["median"]),
        )
        for row in await tx.rows(_QUEUES, **whose)
    ]
    loads = [
        ModeratorLoad(
            by=author_of(MemberId(row["id"]), row["handle"], row["display_name"], None),
            decided=row["decided"],
            out_of_hours=row["out_of_hours"],
            reversed=row["reversed"],
        )
        for row in await tx.rows(_LOAD, **whose)
    ]
    return QueueStatistics(
        since=since, waiting=sum(one.waiting for one in queues), queues=queues, loads=loads
    )
