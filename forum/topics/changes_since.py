"""Changes in a topic since a member's last visit, besides new posts: edited posts, and changes of the whole topic.

Only edits that the history shows count, and only changes that have not been undone.
"""

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

# At most this many edited posts are listed.
MOST_EDITED_POSTS = 100

_UPSERT_TOPIC_CHANGE = statement("""
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
# Changes that were undone are not shown.
_is_in_effect = case(
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
        _is_in_effect,
    )
    .correlate(topics, readings)
    .scalar_subquery()
)
# Only posts that the member has read, since unread ones are shown as new, and only published ones.
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
_edited_numbers = (
    select(func.array_agg(_edited.c.number))
    .select_from(_edited)
    .correlate(topics, readings)
    .scalar_subquery()
)

_CHANGES_IN_ORDER: tuple[Change, ...] = (
    "answered",
    "closed",
    "opened",
    "archived",
    "moved",
    "posts_moved",
    "pinned",
)


def with_changes_since(query: Select[Any]) -> Select[Any]:
    """Add the changes since the member's last visit to a query of topics and `readings`; see `changes_since_of`."""
    return query.add_columns(_edited_numbers.label("edited"), _changes.label("changes"))


def changes_since_of(row: Record) -> ChangesSince:
    """Return the changes from a row of a query made by `with_changes_since`."""
    found = row["changes"] or ()
    return ChangesSince(
        edited=list(row["edited"] or ()), changes=[change for change in _CHANGES_IN_ORDER if change in found]
    )


async def record_topic_change(tx: Transaction, topic_id: TopicId, what: Change, by: MemberId | None) -> None:
    """Record a change of the whole topic, for members who come back; `by` is None if a timer made it."""
    await tx.run(_UPSERT_TOPIC_CHANGE, topic=topic_id, what=what, now=clock.now(), by=by)
