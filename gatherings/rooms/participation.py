"""Participation: the facts about members who write in a room, and the room's rules for replies and edits in its topic."""

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

# Anonymous posts are stored with their minute only. Slow mode counts from the end of that minute, so that no wait is
# shorter than it should be.
ANONYMOUS_TIME_RESOLUTION = timedelta(minutes=1)

SELECT_ROOM_OF_TOPIC = statement("SELECT id FROM rooms WHERE topic_id = :topic")
SELECT_POST_KIND = statement("""
SELECT pseudonym IS NOT NULL AS is_anonymous, EXISTS (SELECT FROM questions WHERE post_id = :post) AS is_question,
    EXISTS (SELECT FROM notices WHERE post_id = :post) AS is_notice
FROM posts WHERE id = :post
""")
SELECT_WRITER_FACTS = statement("""
SELECT EXISTS (SELECT FROM panelists WHERE room_id = :room AND member_id = :member) AS is_on_panel,
    EXISTS (SELECT FROM room_silences s WHERE s.room_id = :room AND s.until > CAST(:now AS timestamptz)
        AND (s.member_id = :member OR :anonymous AND s.pseudonym = :pseudonym)) AS is_muted,
    CASE WHEN :is_slow THEN greatest(
        (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND author_id = :member),
        (SELECT max(posted_at) + CAST(:minute AS interval) FROM posts
            WHERE topic_id = :topic AND pseudonym = CAST(:pseudonym AS bytea))
    ) END AS last_wrote_at
""")
# An advisory lock, because one member's name and pseudonym have no row in common.
LOCK_WRITER = statement("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:who AS text), 0))")


async def get_writer(tx: Reader, actor: Actor, room: RoomFacts, anonymous: bool = False) -> WriterFacts:
    """Return the facts about the actor as a writer in a room; slow mode covers what was written by name and anonymously.

    A mute of a member applies to everything that the member writes. A mute of a pseudonym applies only to what is
    `anonymous`: if the named member could not write either, others would see who the pseudonym is.
    """
    row = await tx.row(SELECT_WRITER_FACTS, anonymous=anonymous, **_writer_binds(actor, room))
    assert row is not None
    return WriterFacts(**row)


async def lock_writer(
    tx: Transaction, actor: Actor, room_id: RoomId, anonymous: bool = False
) -> tuple[RoomFacts, WriterFacts]:
    """Lock the actor's writing in a room until the commit, and return the facts of the room and of the writer.

    The lock serialises everything that one member writes in a room in slow mode, in all processes. Raises NotFound.
    """
    await tx.run(LOCK_WRITER, who=f"{actor.signed_in()} in room {room_id}")
    room = await rooms.get_room(tx, actor, room_id)
    return room, await get_writer(tx, actor, room, anonymous)


async def check_reply_in_room(tx: Reader, actor: Actor, topic_id: TopicId) -> WriteCheck | None:
    """Check the rules of the room to which a topic belongs, if any, for a reply of the actor.

    Raises the refusals of `ensure_can_reply_in_room`. In slow mode it returns a check that the caller has to run again
    in the transaction that inserts the reply; otherwise None.
    """
    room_id = await tx.value(SELECT_ROOM_OF_TOPIC, topic=topic_id)
    if room_id is None:
        return None
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    ensure_can_reply_in_room(actor, room, await get_writer(tx, actor, room), clock.now())
    if not room.slow_seconds:
        return None

    async def check_write(tx: Transaction) -> None:
        room, writer = await lock_writer(tx, actor, RoomId(room_id))
        ensure_can_reply_in_room(actor, room, writer, clock.now())

    return check_write


async def check_change_in_room(
    tx: Reader, actor: Actor, topic_id: TopicId, post_id: PostId, body: str | None
) -> bool:
    """Check the rules of the room to which a topic belongs, if any, for an edit of a post, or its restoration.

    `body` is the new text, None for a restoration. Returns whether the post is a question or a notice, which the room
    announces itself. Raises the refusals of `ensure_can_change_in_room`, `ensure_is_question` and `ensure_is_notice`.
    """
    room_id = await tx.value(SELECT_ROOM_OF_TOPIC, topic=topic_id)
    if room_id is None:
        return False
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    row = await tx.row(SELECT_POST_KIND, post=post_id)
    assert row is not None  # the caller holds the lock on the post
    is_question_or_notice = row["is_question"] or row["is_notice"]
    writer = await get_writer(tx, actor, room, row["is_anonymous"])
    ensure_can_change_in_room(
        actor,
        room,
        writer,
        approved=body is not None and is_question_or_notice,
        anonymous=row["is_anonymous"],
        reply=not is_question_or_notice,
    )
    if body is not None and row["is_question"]:
        ensure_is_question(room, tidy(body))
    if body is not None and row["is_notice"]:
        ensure_is_notice(body)
    return bool(is_question_or_notice)


def _writer_binds(actor: Actor, room: RoomFacts) -> dict[str, Any]:
    return {
        "room": room.id,
        "topic": room.topic_id,
        "member": actor.id,
        "pseudonym": own_pseudonym(actor, room.topic_id),
        "now": clock.now(),
        "is_slow": room.slow_seconds > 0,
        "minute": ANONYMOUS_TIME_RESOLUTION,
    }
