"""The inbox: what a member is told, each with its reason; read through the predicates that everything is read through."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Annotated, Any

from asyncpg import Record
from msgspec import Meta
from sqlalchemy import BigInteger, ColumnElement, Integer, Select, bindparam, func, or_, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId, PostId, TopicId
from forum.reasons import in_words
from forum.shapes_inbox import InboxPage, Notification, Unread
from forum.tables import posts, topics
from forum.visibility import seen_by, visible_text, visible_topics
from members.events import InboxRead, Notified
from members.tables import notifications
from storage.cursors import read_cursor, write_cursor
from storage.database import Reader, Transaction
from storage.log import Stream, read_head
from storage.statements import statement

PAGE = 30
EXCERPT = 200

_TAG = re.compile(r"<[^>]*>?")
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]


def visible_notifications() -> ColumnElement[bool]:
    """Those whose topic the member can read, and whose post, if there is one, has a text for the member."""
    return visible_topics() & or_(notifications.c.post_id.is_(None), visible_text())


def _mine(*columns: Any) -> Select[Any]:
    joined = notifications.join(topics, topics.c.id == notifications.c.topic_id)
    joined = joined.outerjoin(posts, posts.c.id == notifications.c.post_id)
    whose = notifications.c.member_id == bindparam("reader", type_=BigInteger)
    return select(*columns).select_from(joined).where(whose, visible_notifications())


_SHOWN = _mine(
    *notifications.c[("id", "kind", "reason", "because", "told_at")],
    notifications.c.topic_id.label("topic"),
    notifications.c.read_at.is_not(None).label("is_read"),
    topics.c.title,
    notifications.c.post_id.label("post"),
    posts.c.number,
    func.left(posts.c.html, 10 * EXCERPT).label("html"),
)
_PAGE = _SHOWN.order_by(notifications.c.id.desc()).limit(bindparam("count", type_=Integer))
_PAGES = {
    False: statement(_PAGE),
    True: statement(_PAGE.where(notifications.c.id < bindparam("before", type_=BigInteger))),
}
_ONE = statement(_SHOWN.where(notifications.c.id == bindparam("id", type_=BigInteger)))
_UNREAD = statement(
    _SHOWN.where(
        notifications.c.id == func.any(bindparam("ids")), notifications.c.read_at.is_(None)
    ).order_by(notifications.c.topic_id, notifications.c.id)
)
_COUNT = statement(_mine(func.count()).where(notifications.c.read_at.is_(None)))
_READ = statement(
    update(notifications)
    .where(
        notifications.c.read_at.is_(None),
        notifications.c.id.in_(
            _mine(notifications.c.id).where(
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
# Read ones for a quarter, all for a year: enough to find again what one was told; the posts themselves stay.
READ_KEPT = timedelta(days=90)
KEPT = timedelta(days=365)
_FORGET = statement("DELETE FROM notifications WHERE read_at < :read_before OR told_at < :told_before")
_TELL = statement("""
INSERT INTO notifications (member_id, kind, reason, topic_id, post_id, told_at, mail_due_at)
SELECT told.member_id, :kind, told.reason, :topic, CAST(:post AS bigint), :now,
    CASE WHEN :kind IN ('mentioned', 'quoted')
        THEN mail_due(coalesce(w.direct, 'at_once'), coalesce(w.time_zone, 'UTC'), :now) END
FROM unnest(CAST(:members AS bigint[]), CAST(:reasons AS text[])) AS told (member_id, reason)
LEFT JOIN mail_wishes w ON w.member_id = told.member_id
ON CONFLICT DO NOTHING RETURNING id, member_id
""")


async def tell(
    tx: Transaction, kind: str, topic_id: TopicId, post_id: PostId | None, reasons: dict[MemberId, str]
) -> int:
    """Tell members something about a topic or a post, each with the reason why; nobody the same thing twice. How many
    were told. Whether they may read it is asked when they do."""
    rows = await tx.rows(
        _TELL,
        kind=kind,
        topic=topic_id,
        post=post_id,
        members=list(reasons),
        reasons=list(reasons.values()),
        now=clock.now(),
    )
    for row in sorted(rows, key=lambda row: int(row["member_id"])):
        await tx.record(Notified(member_id=row["member_id"], notification_id=row["id"]))
    return len(rows)


async def forget_notifications(tx: Transaction, now: datetime) -> int:
    """Drop what was read or told long ago; how many."""
    return await tx.run(_FORGET, read_before=now - READ_KEPT, told_before=now - KEPT)


async def read_inbox(tx: Reader, actor: Actor, epoch: str, after: str | None = None) -> InboxPage:
    """One page of what a member was told, the latest first."""
    channel = f"member:{actor.signed_in()}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    binds: dict[str, Any] = {"count": PAGE + 1, **seen_by(actor)}
    if after is not None:
        binds["before"] = read_cursor(after, tuple[_Id])[0]
    rows: Sequence[Record] = await tx.rows(_PAGES[after is not None], **binds)
    items = [_shown(row) for row in rows[:PAGE]]
    more = write_cursor(items[-1].id) if len(rows) > PAGE else None
    return InboxPage(items, more, (await count_unread(tx, actor)).unread, stream)


async def count_unread(tx: Reader, actor: Actor) -> Unread:
    """How many notifications the member could read and has not."""
    actor.signed_in()
    return Unread(await tx.value(_COUNT, **seen_by(actor)))


async def find_notification(tx: Reader, actor: Actor, notification_id: int) -> Notification | None:
    """One of the member's own, if it can be seen."""
    row = await tx.row(_ONE, id=notification_id, **seen_by(actor))
    return None if row is None else _shown(row)


async def find_unread(tx: Reader, actor: Actor, ids: Sequence[int]) -> list[Notification]:
    """Those of the member's own that can be seen and were not read meanwhile, topic by topic."""
    return [_shown(row) for row in await tx.rows(_UNREAD, ids=list(ids), **seen_by(actor))]


async def read_notification(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Mark one of the member's own as read; as often as one likes."""
    actor.signed_in()
    if await find_notification(tx, actor, notification_id) is None:
        raise NotFound
    return await _mark(tx, actor, notification_id)


async def read_all(tx: Transaction, actor: Actor) -> Unread:
    """Mark all that the member can see as read."""
    actor.signed_in()
    return await _mark(tx, actor, None)


def _shown(row: Record) -> Notification:
    facts = dict(row)
    html, because = facts.pop("html"), facts["because"]
    facts |= {"reason": in_words(because, facts["reason"]), "because": because and because["code"]}
    return Notification(**facts, excerpt=None if html is None else _begins(html))


def _begins(html: str) -> str:
    text = " ".join(unescape(_TAG.sub(" ", html)).split())
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"


async def _mark(tx: Transaction, actor: Actor, notification_id: int | None) -> Unread:
    if await tx.run(_READ, id=notification_id, now=clock.now(), **seen_by(actor)):
        await tx.record(InboxRead(member_id=actor.signed_in()))
    return await count_unread(tx, actor)
