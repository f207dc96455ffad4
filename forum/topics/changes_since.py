"""What else happened in a topic since a member was there, besides new posts: edits that the history shows, and what was
done to the topic as a whole, as long as it still holds."""

from typing import Any

from asyncpg import Record
from sqlalchemy import BigInteger, Select, and_, bindparam, case, func, select, true

from core import clock
from core.ids import MemberId, TopicId
from forum.tables import posts, readings, topics
from forum.tables_changes import topic_changes
from forum.topics.shapes import Change, ChangesSince
from forum.visibility import posts_not_held
from storage.database import Transaction
from storage.statements import statement

# More edited posts than so many are not listed.
MOST_EDITED_POSTS = 100

_NOTE = statement("""
INSERT INTO topic_changes (topic_id, what, changed_at, changed_by) VALUES (:topic, :what, :now, :by)
ON CONFLICT (topic_id, what) DO UPDATE SET changed_at = excluded.changed_at, changed_by = excluded.changed_by
""")

_reader = bindparam("reader", type_=BigInteger)
_answer = posts.alias()
_is_answered = (
    select(_answer.c.id)
    .where(
        _answer.c.id == topics.c.answer_id,
        _answer.c.topic_id == topics.c.id,
        _answer.c.state == "published",
    )
    .correlate(topics)
    .exists()
)
# What was undone again is not told.
_holds = case(
    (topic_changes.c.what == "closed", and_(topics.c.locked_at.is_not(None), topics.c.archived_at.is_(None))),
    (topic_changes.c.what == "opened", topics.c.locked_at.is_(None)),
    (topic_changes.c.what == "archived", topics.c.archived_at.is_not(None)),
    (topic_changes.c.what == "pinned", topics.c.pinned_at.is_not(None)),
    (topic_changes.c.what == "answered", _is_answered),
    else_=true(),
)
_changes = (
    select(func.array_agg(topic_changes.c.what))
    .where(
        topic_changes.c.topic_id == topics.c.id,
        topic_changes.c.changed_at > readings.c.read_at,
        topic_changes.c.changed_by.is_distinct_from(_reader),
        _holds,
    )
    .correlate(topics, readings)
    .scalar_subquery()
)
# Of posts that one has read; the others are new to one anyway. What is gone is not missed.
_edited = (
    select(posts.c.number)
    .where(
        posts.c.topic_id == topics.c.id,
        posts.c.edited_at > readings.c.read_at,
        posts.c.edited_by.is_distinct_from(_reader),
        posts.c.state == "published",
        posts_not_held(),
        readings.c.read.op("@>", is_comparison=True)(posts.c.number),
    )
    .order_by(posts.c.number)
    .limit(MOST_EDITED_POSTS)
    .correlate(topics, readings)
    .subquery()
)
_numbers = (
    select(func.array_agg(_edited.c.number))
    .select_from(_edited)
    .correlate(topics, readings)
    .scalar_subquery()
)

_IN_ORDER: tuple[Change, ...] = (
    "answered",
    "closed",
    "opened",
    "archived",
    "moved",
    "posts_moved",
    "pinned",
)


def with_changes_since(query: Select[Any]) -> Select[Any]:
    """The same query of topics and what a member has read of them, with what else happened since."""
    return query.add_columns(_numbers.label("edited"), _changes.label("changes"))


def changes_since_of(row: Record) -> ChangesSince:
    """That, from a row of such a query."""
    found = row["changes"] or ()
    return ChangesSince(
        edited=list(row["edited"] or ()), changes=[change for change in _IN_ORDER if change in found]
    )


async def record_topic_change(tx: Transaction, topic_id: TopicId, what: Change, by: MemberId | None) -> None:
    """Note what is done to a topic, for those who come back; `by` nobody if the clock does it."""
    await tx.run(_NOTE, topic=topic_id, what=what, now=clock.now(), by=by)
