"""Writing in rooms: what the rules look at in somebody who wants to."""

from datetime import timedelta
from typing import Any

from core import clock
from core.actor import Actor
from gatherings.policy import RoomFacts, WriterFacts
from gatherings.visibility import own_pseudonym
from storage.database import Reader
from storage.statements import statement

# Of what is written anonymously only the minute is kept: it counts as its last moment, so that none comes too soon.
MINUTE = timedelta(minutes=1)

_WRITER = statement("""
SELECT EXISTS (SELECT FROM panelists WHERE room_id = :room AND member_id = :member) AS is_on_panel,
    EXISTS (SELECT FROM room_silences s WHERE s.room_id = :room AND s.until > CAST(:now AS timestamptz)
        AND (s.member_id = :member OR s.pseudonym = :pseudonym)) AS is_silenced,
    CASE WHEN :is_slow THEN greatest(
        (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND author_id = :member),
        (SELECT max(posted_at) + CAST(:minute AS interval) FROM posts
            WHERE topic_id = :topic AND pseudonym = CAST(:pseudonym AS bytea))
    ) END AS last_wrote_at
""")


async def get_writer(tx: Reader, actor: Actor, room: RoomFacts) -> WriterFacts:
    """What the rules need of somebody who wants to write in a room; by name and by pseudonym it is the same person."""
    row = await tx.row(_WRITER, **_asked(actor, room))
    assert row is not None
    return WriterFacts(**row)


def _asked(actor: Actor, room: RoomFacts) -> dict[str, Any]:
    return {
        "room": room.id,
        "topic": room.topic_id,
        "member": actor.id,
        "pseudonym": own_pseudonym(actor, room.topic_id),
        "now": clock.now(),
        "is_slow": room.slow_seconds > 0,
        "minute": MINUTE,
    }
