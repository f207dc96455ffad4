"""Status of a topic: locking, closing, archiving, pinning and slow mode."""

from datetime import datetime, timedelta
from typing import Any

from core import clock
from core.actor import Actor
from core.errors import Invalid, TooMany
from core.ids import MemberId, TopicId
from core.languages.texts import translatable
from core.text import tidy
from forum.policy import (
    TopicFacts,
    ensure_can_lock,
    ensure_can_manage,
    is_moderator,
)
from forum.topics.changes_since import record_topic_change
from forum.topics.shapes import Change
from forum.topics.timers import delete_timer, save_timer
from forum.topics.topics import announce_topic_change, get_topic
from storage.database import Transaction
from storage.statements import Statement, statement

_CLOSE_TOPIC = statement("""
UPDATE topics SET version = version + 1, locked_at = coalesce(locked_at, :now), closed_because = :because
WHERE id = :topic AND (locked_at IS NULL OR closed_because IS DISTINCT FROM :because)
""")
_SET_LOCKED_AT = statement("""
UPDATE topics SET version = version + 1, locked_at = :now WHERE id = :topic AND locked_at IS NULL
""")
_UNLOCK_TOPIC = statement("""
UPDATE topics SET version = version + 1, locked_at = NULL, closed_because = NULL, archived_at = NULL
WHERE id = :topic AND locked_at IS NOT NULL
""")
_ARCHIVE_TOPIC = statement("""
UPDATE topics SET version = version + 1, archived_at = :now, locked_at = coalesce(locked_at, :now), pinned_at = NULL,
    pinned_until = NULL
WHERE id = :topic AND archived_at IS NULL
""")
_PIN_TOPIC = statement("""
UPDATE topics SET version = version + 1, pinned_at = coalesce(pinned_at, CAST(:now AS timestamptz)), pinned_until = :until
WHERE id = :topic AND (pinned_at IS NULL OR pinned_until IS DISTINCT FROM :until)
""")
_UNPIN_TOPIC = statement("""
UPDATE topics SET version = version + 1, pinned_at = NULL, pinned_until = NULL
WHERE id = :topic AND pinned_at IS NOT NULL
""")
_SET_SLOW_MODE = statement("""
UPDATE topics SET version = version + 1, slow_seconds = :seconds, slow_until = :until
WHERE id = :topic AND (slow_seconds <> :seconds OR slow_until IS DISTINCT FROM :until)
""")
# Of two simultaneous writes by one member, the second waits for the lock of the first and then finds that it is too early.
_UPSERT_TOPIC_PACE = statement("""
INSERT INTO topic_paces VALUES (:topic, :member, :now)
ON CONFLICT (topic_id, member_id) DO UPDATE SET wrote_at = excluded.wrote_at WHERE topic_paces.wrote_at <= :before
RETURNING member_id
""")
_SELECT_LAST_WRITE = statement(
    "SELECT wrote_at FROM topic_paces WHERE topic_id = :topic AND member_id = :member"
)


class AlreadyPast(Invalid):
    """The time of a timer or the end of a pin or slow mode is not in the future."""

    message = translatable("Choose a time in the future.")


class TopicSlow(TooMany):
    """The topic is in slow mode, and the member's last post or edit is too recent."""

    message = translatable(
        "This topic is in slow mode, also for edits. Your text is kept. Try again in a moment."
    )


async def lock_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Lock a topic, so that only moderators can reply; raise NotFound or NotModerator. Repeating it changes nothing."""
    topic = await _get_locked_topic(tx, actor, topic_id)
    await _change_status(tx, topic, actor.id, _SET_LOCKED_AT, "closed", now=clock.now())


async def close_topic(tx: Transaction, actor: Actor, topic_id: TopicId, because: str) -> None:
    """Lock a topic and show readers the reason; raise NotFound or NotModerator."""
    topic = await _get_locked_topic(tx, actor, topic_id)
    await _change_status(
        tx, topic, actor.id, _CLOSE_TOPIC, "closed", now=clock.now(), because=tidy(because) or None
    )


async def unlock_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Unlock a topic, and return an archived one to its sector's list; raise NotFound or NotModerator."""
    topic = await _get_locked_topic(tx, actor, topic_id)
    await _change_status(tx, topic, actor.id, _UNLOCK_TOPIC, "opened")


async def archive_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Lock a topic and move it from its sector's list to the archived topics; raise NotFound, NotModerator or TopicStays."""
    topic = await _get_locked_topic(tx, actor, topic_id, manage=True)
    await _change_status(tx, topic, actor.id, _ARCHIVE_TOPIC, "archived", now=clock.now())


async def pin_topic(tx: Transaction, actor: Actor, topic_id: TopicId, until: datetime | None) -> None:
    """Pin a topic above the others of its sector, until the given time or until it is unpinned.

    Raise NotFound, NotModerator, TopicStays or AlreadyPast.
    """
    topic = await _get_locked_topic(tx, actor, topic_id, manage=True)
    await _schedule_end(tx, actor, topic_id, "unpin", until)
    await _change_status(tx, topic, actor.id, _PIN_TOPIC, "pinned", now=clock.now(), until=until)


async def unpin_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Unpin a topic; raise NotFound, NotModerator or TopicStays."""
    topic = await _get_locked_topic(tx, actor, topic_id, manage=True)
    await delete_timer(tx, topic_id, "unpin")
    await _change_status(tx, topic, actor.id, _UNPIN_TOPIC, None)


async def slow_topic(
    tx: Transaction, actor: Actor, topic_id: TopicId, seconds: int, until: datetime | None
) -> None:
    """Set slow mode: each member may post or edit once per `seconds`; 0 ends slow mode.

    Raise NotFound, NotModerator, TopicStays or AlreadyPast.
    """
    topic = await _get_locked_topic(tx, actor, topic_id, manage=True)
    until = until if seconds else None
    await _schedule_end(tx, actor, topic_id, "unslow", until)
    await _change_status(tx, topic, actor.id, _SET_SLOW_MODE, None, seconds=seconds, until=until)


async def run_timer(tx: Transaction, topic: TopicFacts, kind: str, note: str) -> None:
    """Run a due timer of a topic; `note` is the reason shown when the topic is closed."""
    queries: dict[str, tuple[Statement, Change | None, dict[str, Any]]] = {
        "open": (_UNLOCK_TOPIC, "opened", {}),
        "close": (_CLOSE_TOPIC, "closed", {"now": clock.now(), "because": note or None}),
        "archive": (_ARCHIVE_TOPIC, "archived", {"now": clock.now()}),
        "unpin": (_UNPIN_TOPIC, None, {}),
        "unslow": (_SET_SLOW_MODE, None, {"seconds": 0, "until": None}),
    }
    query, what, binds = queries[kind]
    await _change_status(tx, topic, None, query, what, **binds)


def is_in_slow_mode(actor: Actor, topic: TopicFacts, now: datetime) -> bool:
    """Return whether slow mode applies to the actor in the topic; it does not apply to moderators."""
    has_ended = topic.slow_until is not None and topic.slow_until <= now
    return bool(topic.slow_seconds) and not has_ended and not is_moderator(actor, topic)


async def enforce_slow_mode(tx: Transaction, member: MemberId, topic: TopicFacts, now: datetime) -> None:
    """Record that the member writes now in a topic in slow mode; raise TopicSlow with the seconds to wait if too early."""
    interval = timedelta(seconds=topic.slow_seconds)
    is_allowed = await tx.value(
        _UPSERT_TOPIC_PACE, topic=topic.id, member=member, now=now, before=now - interval
    )
    if is_allowed is None:
        wrote_at = await tx.value(_SELECT_LAST_WRITE, topic=topic.id, member=member)
        raise TopicSlow((wrote_at + interval - now).total_seconds())


async def _get_locked_topic(
    tx: Transaction, actor: Actor, topic_id: TopicId, manage: bool = False
) -> TopicFacts:
    topic = await get_topic(tx, actor, topic_id, lock=True)
    (ensure_can_manage if manage else ensure_can_lock)(actor, topic)
    return topic


async def _schedule_end(
    tx: Transaction, actor: Actor, topic_id: TopicId, kind: str, until: datetime | None
) -> None:
    if until is None:
        await delete_timer(tx, topic_id, kind)
        return
    if until <= clock.now():
        raise AlreadyPast(field="until")
    await save_timer(tx, topic_id, kind, until, "", actor.signed_in())


async def _change_status(
    tx: Transaction,
    topic: TopicFacts,
    by: MemberId | None,
    query: Statement,
    what: Change | None,
    **binds: Any,
) -> None:
    if await tx.run(query, topic=topic.id, **binds):
        if what is not None:
            await record_topic_change(tx, topic.id, what, by)
        await announce_topic_change(tx, topic)
