"""The inbox: how members read, count, archive and mark their notifications.

Notifications are read through the predicates of forum/visibility, so one disappears when its post does.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from asyncpg import Record
from msgspec import Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.languages.names import local
from forum.authors import author_of
from forum.notifications.lines import KINDS_BY_AUTHORS
from forum.notifications.reasons import describe_reason
from forum.notifications.shapes import FILTERS, InboxPage, Notification, Only, Unread
from forum.tables import posts, topics
from forum.text.excerpts import excerpt_of_html
from forum.text.prepared_posts import shown_html
from forum.visibility import seen_by, visible_text, visible_topics
from members.events import NotificationsRead
from members.tables import notifications, public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE_SIZE = 30
EXCERPT_LENGTH = 200

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]


def visible_notifications() -> ColumnElement[bool]:
    """Return the condition for notifications that their member can see: those about decisions, those about gatherings that
    take place, which everybody can see, and those whose topic and post, if there is one, the member can read."""
    is_readable = visible_topics() & or_(notifications.c.post_id.is_(None), visible_text())
    return or_(notifications.c.decision_id.is_not(None), notifications.c.title.is_not(None), is_readable)


# Who did it: the author of the post, or the member that the reason names by id.
_done_by = case(
    (or_(*(notifications.c.kind == kind for kind in KINDS_BY_AUTHORS)), posts.c.author_id),
    else_=notifications.c.because["by"].astext.cast(BigInteger),
)


_joined = notifications.outerjoin(topics, topics.c.id == notifications.c.topic_id).outerjoin(
    posts, posts.c.id == notifications.c.post_id
)
_joined_with_people = _joined.outerjoin(public_authors, public_authors.c.id == _done_by)


def _select_own(*columns: Any, source: FromClause = _joined) -> Select[Any]:
    is_own = notifications.c.member_id == bindparam("reader", type_=BigInteger)
    return select(*columns).select_from(source).where(is_own, visible_notifications())


_notifications = _select_own(
    *notifications.c[("id", "kind", "reason", "because", "told_at")],
    notifications.c.topic_id.label("topic"),
    notifications.c.read_at.is_not(None).label("is_read"),
    func.coalesce(topics.c.title, notifications.c.title, "").label("title"),
    func.coalesce(topics.c.titles, notifications.c.titles).label("titles"),
    notifications.c.post_id.label("post"),
    notifications.c.decision_id.label("decision"),
    notifications.c.gathering_id.label("gathering"),
    notifications.c.starts_at,
    notifications.c.done_at.is_not(None).label("is_done"),
    posts.c.number,
    topics.c.kind.label("topic_kind"),
    *[column.label(f"by_{column.key}") for column in public_authors.c],
    func.left(posts.c.html, 10 * EXCERPT_LENGTH).label("html"),
    source=_joined_with_people,
)
_kinds = bindparam("kinds", type_=ARRAY(Text))
_page = (
    _notifications.where(
        or_(_kinds.is_(None), notifications.c.kind == func.any(_kinds)),
        notifications.c.done_at.is_not(None) == bindparam("done", type_=Boolean),
    )
    .order_by(notifications.c.id.desc())
    .limit(bindparam("count", type_=Integer))
)
_SELECT_NOTIFICATION_PAGES = {
    False: statement(_page),
    True: statement(_page.where(notifications.c.id < bindparam("before", type_=BigInteger))),
}
_SELECT_NOTIFICATION = statement(
    _notifications.where(notifications.c.id == bindparam("id", type_=BigInteger))
)
_SELECT_UNREAD_NOTIFICATIONS = statement(
    _notifications.where(
        notifications.c.id == func.any(bindparam("ids")), notifications.c.read_at.is_(None)
    ).order_by(notifications.c.topic_id, notifications.c.id)
)
_COUNT_UNREAD_NOTIFICATIONS = statement(_select_own(func.count()).where(notifications.c.read_at.is_(None)))
_MARK_READ = statement(
    update(notifications)
    .where(
        notifications.c.read_at.is_(None),
        notifications.c.id.in_(
            _select_own(notifications.c.id).where(
                notifications.c.read_at.is_(None),
                or_(
                    bindparam("id", type_=BigInteger).is_(None),
                    notifications.c.id == bindparam("id", type_=BigInteger),
                ),
            )
        ),
    )
    .values(read_at=bindparam("now"))
)
# The notification and all earlier ones about the same topic.
_is_in_group = notifications.c.id.in_(
    _select_own(notifications.c.id).where(
        or_(
            notifications.c.topic_id == bindparam("topic", type_=BigInteger),
            notifications.c.id == bindparam("id", type_=BigInteger),
        ),
        notifications.c.id <= bindparam("id", type_=BigInteger),
    )
)
_MARK_GROUP_READ = statement(
    update(notifications)
    .where(notifications.c.read_at.is_(None), _is_in_group)
    .values(read_at=bindparam("now"))
)
_ARCHIVE_NOTIFICATIONS = statement(
    update(notifications)
    .where(notifications.c.done_at.is_(None), _is_in_group)
    .values(done_at=bindparam("now"), read_at=func.coalesce(notifications.c.read_at, bindparam("now")))
)
_UNARCHIVE_NOTIFICATIONS = statement(
    update(notifications).where(notifications.c.done_at.is_not(None), _is_in_group).values(done_at=null())
)


async def read_inbox(
    tx: Reader,
    actor: Actor,
    epoch: str,
    after: str | None = None,
    only: Only | None = None,
    done: bool = False,
) -> InboxPage:
    """Return one page of the member's notifications, the latest first.

    `only` limits the page to some kinds; `done` selects archived notifications instead of the others.
    """
    channel = f"member:{actor.signed_in()}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    kinds = None if only is None else list(FILTERS[only])
    binds: dict[str, Any] = {"count": PAGE_SIZE + 1, "kinds": kinds, "done": done, **seen_by(actor)}
    if after is not None:
        binds["before"] = decode_cursor(after, tuple[_Id])[0]
    rows: Sequence[Record] = await tx.rows(_SELECT_NOTIFICATION_PAGES[after is not None], **binds)
    items = [_shown(row) for row in rows[:PAGE_SIZE]]
    more = encode_cursor(items[-1].id) if len(rows) > PAGE_SIZE else None
    return InboxPage(items, more, (await count_unread(tx, actor)).unread, stream)


async def count_unread(tx: Reader, actor: Actor) -> Unread:
    """Count the unread notifications that the member can see."""
    actor.signed_in()
    return Unread(await tx.value(_COUNT_UNREAD_NOTIFICATIONS, **seen_by(actor)))


async def find_notification(tx: Reader, actor: Actor, notification_id: int) -> Notification | None:
    """Return one of the member's own notifications, or None if there is no such notification that the member can see."""
    row = await tx.row(_SELECT_NOTIFICATION, id=notification_id, **seen_by(actor))
    return None if row is None else _shown(row)


async def find_unread_notifications(tx: Reader, actor: Actor, ids: Sequence[int]) -> list[Notification]:
    """Return the member's notifications among these ids that are visible and still unread, ordered by topic."""
    return [
        _shown(row) for row in await tx.rows(_SELECT_UNREAD_NOTIFICATIONS, ids=list(ids), **seen_by(actor))
    ]


async def mark_read(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Mark one of the member's notifications as read; return the new unread count or raise NotFound."""
    actor.signed_in()
    if await find_notification(tx, actor, notification_id) is None:
        raise NotFound
    return await _mark(tx, actor, notification_id)


async def mark_group_read(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Mark a notification and all earlier ones about the same topic as read; return the new unread count, or raise
    NotFound."""
    return await _change_group(tx, actor, _MARK_GROUP_READ, notification_id, now=clock.now())


async def archive_notification(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Archive a notification and all earlier ones about the same topic, which also marks them as read.

    Return the new unread count, or raise NotFound.
    """
    return await _change_group(tx, actor, _ARCHIVE_NOTIFICATIONS, notification_id, now=clock.now())


async def unarchive_notification(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Take a notification and all earlier ones about the same topic out of the archive.

    Return the unread count, or raise NotFound.
    """
    return await _change_group(tx, actor, _UNARCHIVE_NOTIFICATIONS, notification_id)


async def mark_all_read(tx: Transaction, actor: Actor) -> Unread:
    """Mark all notifications that the member can see as read; return the new unread count."""
    actor.signed_in()
    return await _mark(tx, actor, None)


def _shown(row: Record) -> Notification:
    facts = dict(row)
    html, because, titles = facts.pop("html"), facts["because"], facts.pop("titles")
    kind = facts.pop("topic_kind") or ""
    facts["by"] = author_of(*[facts.pop(f"by_{column.key}") for column in public_authors.c])
    facts |= {
        "reason": describe_reason(because, facts["reason"], (row["title"], titles)),
        "because": because and because["code"],
        "title": local(row["title"], titles),
    }
    excerpt = (
        None if html is None else excerpt_of_html(shown_html(facts["number"], html, kind), EXCERPT_LENGTH)
    )
    return Notification(**facts, excerpt=excerpt)


async def _change_group(
    tx: Transaction, actor: Actor, change: Statement, notification_id: int, **binds: Any
) -> Unread:
    actor.signed_in()
    found = await find_notification(tx, actor, notification_id)
    if found is None:
        raise NotFound
    if await tx.run(change, id=found.id, topic=found.topic, **binds, **seen_by(actor)):
        await tx.record(NotificationsRead(member_id=actor.signed_in()))
    return await count_unread(tx, actor)


async def _mark(tx: Transaction, actor: Actor, notification_id: int | None) -> Unread:
    if await tx.run(_MARK_READ, id=notification_id, now=clock.now(), **seen_by(actor)):
        await tx.record(NotificationsRead(member_id=actor.signed_in()))
    return await count_unread(tx, actor)
