"""The rooms for which somebody keeps rules."""

from core.actor import Actor
from forum.visibility import seen_by
from storage.database import Reader
from storage.statements import statement

MOST = 100

_ROOMS = statement("""
SELECT o.id, o.title FROM rooms o JOIN topics t ON t.id = o.topic_id
WHERE :administers OR t.sector_id = ANY(CAST(:moderated AS bigint[])) OR o.gathering_id = ANY(CAST(:hosted AS bigint[]))
ORDER BY o.id DESC LIMIT :count
""")


async def find_rule_rooms(tx: Reader, actor: Actor) -> list[tuple[int, str]]:
    """The latest rooms that the actor hosts, or whose sector the actor moderates: number and title."""
    seen = {name: seen_by(actor)[name] for name in ("administers", "moderated", "hosted")}
    return [(row["id"], row["title"]) for row in await tx.rows(_ROOMS, count=MOST, **seen)]
