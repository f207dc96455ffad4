"""The rooms for which a member may manage rules."""

from core.actor import Actor
from core.languages.names import local
from forum.visibility import seen_by
from storage.database import Reader
from storage.statements import statement

MAX_ROOMS = 100

SELECT_MANAGED_ROOMS = statement("""
SELECT o.id, t.title, t.titles FROM rooms o JOIN topics t ON t.id = o.topic_id
WHERE :administers OR t.sector_id = ANY(CAST(:moderated AS bigint[])) OR o.gathering_id = ANY(CAST(:hosted AS bigint[]))
ORDER BY o.id DESC LIMIT :count
""")


async def find_rule_rooms(tx: Reader, actor: Actor) -> list[tuple[int, str]]:
    """Return id and title of the newest rooms that the actor hosts, or whose sector they moderate, at most 100."""
    seen = {name: seen_by(actor)[name] for name in ("administers", "moderated", "hosted")}
    rows = await tx.rows(SELECT_MANAGED_ROOMS, count=MAX_ROOMS, **seen)
    return [(row["id"], local(row["title"], row["titles"])) for row in rows]
