"""Writing in rooms: what the rules look at in somebody who wants to."""

from datetime import timedelta
from typing import Any

from core import clock
from core.actor import Actor
from core.ids import PostId, RoomId, TopicId
from core.text import tidy
from forum.writing.replies import WriteCheck
from gatherings.policy_rooms import (
    RoomFacts,
    WriterFacts,
    ensure_can_change_in_room,
    ensure_can_reply_in_room,
)
from gatherings.policy_texts import ensure_is_notice, ensure_is_question
from gatherings.rooms import rooms
from members.pseudonyms import own_pseudonym
from storage.database import Reader, Transaction
from storage.statements import statement

# Of what is written anonymously only the minute is kept: it counts as its last moment, so that none comes too soon.
MINUTE = timedelta(minutes=1)

_OF_TOPIC = statement("SELECT id FROM rooms WHERE topic_id = :topic")
_OF_POST = statement("""
SELECT pseudonym IS NOT NULL AS is_anonymous, EXISTS (SELECT FROM questions WHERE post_id = :post) AS is_question,
    EXISTS (SELECT FROM notices WHERE post_id = :post) AS is_notice
FROM posts WHERE id = :post
""")
_WRITER = statement("""
SELECT EXISTS (SELECT FROM panelists WHERE room_id = :room AND member_id = :member) AS is_on_panel,
    EXISTS (SELECT FROM room_silences s WHERE s.room_id = :room AND s.until > CAST(:now AS timestamptz)
        AND (s.member_id = :member OR s.pseudonym = :pseudonym)) AS is_muted,
    CASE WHEN :is_slow THEN greatest(
        (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND author_id = :member),
        (SELECT max(posted_at) + CAST(:minute AS interval) FROM posts
            WHERE topic_id = :topic AND pseudonym = CAST(:pseudonym AS bytea))
    ) END AS last_wrote_at
""")

_TURN = statement("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:who AS text), 0))")


async def get_writer(tx: Reader, actor: Actor, room: RoomFacts) -> WriterFacts:
    """What the rules need of somebody who wants to write in a room; by name and by pseudonym it is the same person."""
    row = await tx.row(_WRITER, **_asked(actor, room))
    assert row is not None
    return WriterFacts(**row)


async def take_turn(tx: Transaction, actor: Actor, room_id: RoomId) -> tuple[RoomFacts, WriterFacts]:
    """The same in slow mode: what else this person is writing in the room at this moment is written first, or after the
    commit."""
    await tx.run(_TURN, who=f"{actor.signed_in()} in room {room_id}")
    room = await rooms.get_room(tx, actor, room_id)
    return room, await get_writer(tx, actor, room)


async def check_reply_in_room(tx: Reader, actor: Actor, topic_id: TopicId) -> WriteCheck | None:
    """The rules of the room whose topic somebody replies in, if it is a room's; in slow mode they are to be asked again
    by what this returns, where the reply is written."""
    room_id = await tx.value(_OF_TOPIC, topic=topic_id)
    if room_id is None:
        return None
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    ensure_can_reply_in_room(actor, room, await get_writer(tx, actor, room), clock.now())
    if not room.slow_seconds:
        return None

    async def turn(tx: Transaction) -> None:
        room, writer = await take_turn(tx, actor, RoomId(room_id))
        ensure_can_reply_in_room(actor, room, writer, clock.now())

    return turn


async def check_change_in_room(
    tx: Reader, actor: Actor, topic_id: TopicId, post_id: PostId, body: str | None
) -> bool:
    """The same for who gives a post of that topic another text, or brings it back, which is no `body`. Whether it is a
    question or a notice, which the room shows by itself."""
    room_id = await tx.value(_OF_TOPIC, topic=topic_id)
    if room_id is None:
        return False
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    row = await tx.row(_OF_POST, post=post_id)
    assert row is not None  # whoever calls holds it
    is_root = row["is_question"] or row["is_notice"]
    writer = await get_writer(tx, actor, room)
    ensure_can_change_in_room(
        actor,
        room,
        writer,
        approved=body is not None and is_root,
        anonymous=row["is_anonymous"],
        reply=not is_root,
    )
    if body is not None and row["is_question"]:
        ensure_is_question(room, tidy(body))
    if body is not None and row["is_notice"]:
        ensure_is_notice(body)
    return bool(is_root)


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
