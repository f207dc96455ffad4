"""Tending a topic: closing and opening it, archiving, pinning, slow mode, and which post is the answer to a question."""

from datetime import datetime, timedelta
from typing import Any

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, TooMany
from core.ids import MemberId, PostId, TopicId
from core.text import tidy
from forum.policy import (
    TopicFacts,
    ensure_can_accept_answer,
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

_SET = "UPDATE topics SET version = version + 1, "
_CLOSE = statement(
    _SET
    + """locked_at = coalesce(locked_at, :now), closed_because = :because WHERE id = :topic
AND (locked_at IS NULL OR closed_because IS DISTINCT FROM :because)"""
)
_LOCK = statement(_SET + "locked_at = :now WHERE id = :topic AND locked_at IS NULL")
_OPEN = statement(
    _SET
    + """locked_at = NULL, closed_because = NULL, archived_at = NULL
WHERE id = :topic AND locked_at IS NOT NULL"""
)
_ARCHIVE = statement(
    _SET
    + """archived_at = :now, locked_at = coalesce(locked_at, :now), pinned_at = NULL,
pinned_until = NULL WHERE id = :topic AND archived_at IS NULL"""
)
_PIN = statement(
    _SET
    + """pinned_at = coalesce(pinned_at, CAST(:now AS timestamptz)), pinned_until = :until
WHERE id = :topic AND (pinned_at IS NULL OR pinned_until IS DISTINCT FROM :until)"""
)
_UNPIN = statement(_SET + "pinned_at = NULL, pinned_until = NULL WHERE id = :topic AND pinned_at IS NOT NULL")
_SLOW = statement(
    _SET
    + """slow_seconds = :seconds, slow_until = :until WHERE id = :topic
AND (slow_seconds <> :seconds OR slow_until IS DISTINCT FROM :until)"""
)
_ANSWER = statement(_SET + "answer_id = :post WHERE id = :topic AND answer_id IS DISTINCT FROM :post")
_CAN_ANSWER = statement("""
SELECT FROM posts WHERE id = :post AND topic_id = :topic AND number > 1 AND state = 'published'
""")
# Of two who write at once in one name the second waits for the first, and finds that it is too soon.
_TAKE_TURN = statement("""
INSERT INTO topic_paces VALUES (:topic, :member, :now)
ON CONFLICT (topic_id, member_id) DO UPDATE SET wrote_at = excluded.wrote_at WHERE topic_paces.wrote_at <= :before
RETURNING member_id
""")
_WROTE_AT = statement("SELECT wrote_at FROM topic_paces WHERE topic_id = :topic AND member_id = :member")


class NoAnswer(Conflict):
    """Only a published answer of the topic can be the accepted one."""

    message = "Choose one of the published answers in this topic."


class AlreadyPast(Invalid):
    """An end or a time to do something at lies ahead."""

    message = "Choose a time that is yet to come."


class TopicSlow(TooMany):
    """The topic is in slow mode."""

    message = "This topic is in slow mode, for changes too. Nothing is lost: try again in a moment."


async def lock_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Let nobody but moderators reply; locking a locked topic changes nothing."""
    topic = await _hold(tx, actor, topic_id)
    await _do(tx, topic, actor.id, _LOCK, "closed", now=clock.now())


async def close_topic(tx: Transaction, actor: Actor, topic_id: TopicId, because: str) -> None:
    """The same, saying why: readers are told."""
    topic = await _hold(tx, actor, topic_id)
    await _do(tx, topic, actor.id, _CLOSE, "closed", now=clock.now(), because=tidy(because) or None)


async def unlock_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Let members reply again; what was archived is back in its sector's list."""
    await _do(tx, await _hold(tx, actor, topic_id), actor.id, _OPEN, "opened")


async def archive_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Close a topic and take it out of its sector's list: it is found under what is archived."""
    topic = await _hold(tx, actor, topic_id, tend=True)
    await _do(tx, topic, actor.id, _ARCHIVE, "archived", now=clock.now())


async def pin_topic(tx: Transaction, actor: Actor, topic_id: TopicId, until: datetime | None) -> None:
    """Have a topic stand above the others of its sector, until a time or until it is unpinned."""
    topic = await _hold(tx, actor, topic_id, tend=True)
    await _end_at(tx, actor, topic_id, "unpin", until)
    await _do(tx, topic, actor.id, _PIN, "pinned", now=clock.now(), until=until)


async def unpin_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Have it stand among the others again."""
    topic = await _hold(tx, actor, topic_id, tend=True)
    await delete_timer(tx, topic_id, "unpin")
    await _do(tx, topic, actor.id, _UNPIN, None)


async def slow_topic(
    tx: Transaction, actor: Actor, topic_id: TopicId, seconds: int, until: datetime | None
) -> None:
    """Let each member write, or change something, only once in so many seconds; nought ends it."""
    topic = await _hold(tx, actor, topic_id, tend=True)
    until = until if seconds else None
    await _end_at(tx, actor, topic_id, "unslow", until)
    await _do(tx, topic, actor.id, _SLOW, None, seconds=seconds, until=until)


async def set_accepted_answer(
    tx: Transaction, actor: Actor, topic_id: TopicId, post_id: PostId | None
) -> None:
    """Say which post answers the question, or that none does."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_accept_answer(actor, topic, clock.now())
    if post_id is not None and await tx.row(_CAN_ANSWER, topic=topic_id, post=post_id) is None:
        raise NoAnswer(field="post")
    await _do(tx, topic, actor.id, _ANSWER, "answered" if post_id else None, post=post_id)


async def run_timer(tx: Transaction, topic: TopicFacts, kind: str, note: str) -> None:
    """Do what a timer was set for."""
    queries: dict[str, tuple[Statement, Change | None, dict[str, Any]]] = {
        "open": (_OPEN, "opened", {}),
        "close": (_CLOSE, "closed", {"now": clock.now(), "because": note or None}),
        "archive": (_ARCHIVE, "archived", {"now": clock.now()}),
        "unpin": (_UNPIN, None, {}),
        "unslow": (_SLOW, None, {"seconds": 0, "until": None}),
    }
    query, what, binds = queries[kind]
    await _do(tx, topic, None, query, what, **binds)


def is_in_slow_mode(actor: Actor, topic: TopicFacts, now: datetime) -> bool:
    """Whether what the actor writes here has its pace."""
    over = topic.slow_until is not None and topic.slow_until <= now
    return bool(topic.slow_seconds) and not over and not is_moderator(actor, topic)


async def enforce_slow_mode(tx: Transaction, member: MemberId, topic: TopicFacts, now: datetime) -> None:
    """Write in a topic in slow mode, or be told how long to wait."""
    pace = timedelta(seconds=topic.slow_seconds)
    took = await tx.value(_TAKE_TURN, topic=topic.id, member=member, now=now, before=now - pace)
    if took is None:
        wrote_at = await tx.value(_WROTE_AT, topic=topic.id, member=member)
        raise TopicSlow((wrote_at + pace - now).total_seconds())


async def _hold(tx: Transaction, actor: Actor, topic_id: TopicId, tend: bool = False) -> TopicFacts:
    topic = await get_topic(tx, actor, topic_id, lock=True)
    (ensure_can_manage if tend else ensure_can_lock)(actor, topic)
    return topic


async def _end_at(
    tx: Transaction, actor: Actor, topic_id: TopicId, kind: str, until: datetime | None
) -> None:
    if until is None:
        await delete_timer(tx, topic_id, kind)
        return
    if until <= clock.now():
        raise AlreadyPast(field="until")
    await save_timer(tx, topic_id, kind, until, "", actor.signed_in())


async def _do(
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
