"""The inbox: what a member is told, each with its reason; read through the predicates that everything is read through."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Annotated, Any

from asyncpg import Record
from msgspec import Meta
from msgspec.json import encode
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId, PostId, TopicId
from forum.notifications.reasons import Because, describe_reason
from forum.notifications.shapes import FILTERS, InboxPage, Notification, Only, Unread
from forum.tables import posts, topics
from forum.visibility import seen_by, visible_text, visible_topics
from members.events import NotificationsRead, Notified
from members.tables import notifications
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE = 30
# What comes with following and with searches that are kept; all else is meant for the member alone.
FOLLOWED_KINDS = ("posted", "opened", "found")
# Of these there are letters of their own.
KINDS_WITH_OWN_EMAIL = ("decided", "report_decided", "appeal_answered")
# Of one post each member is told one of these.
POST_KINDS = ("reply", "mentioned", "quoted", "posted", "opened")
EXCERPT = 200

_TAG = re.compile(r"<[^>]*>?")
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]


def visible_notifications() -> ColumnElement[bool]:
    """Decisions, which are told to those whom they concern; and that whose topic the member can read, and whose post, if
    there is one, has a text for the member."""
    is_readable = visible_topics() & or_(notifications.c.post_id.is_(None), visible_text())
    return or_(notifications.c.decision_id.is_not(None), is_readable)


def _mine(*columns: Any) -> Select[Any]:
    joined = notifications.outerjoin(topics, topics.c.id == notifications.c.topic_id)
    joined = joined.outerjoin(posts, posts.c.id == notifications.c.post_id)
    whose = notifications.c.member_id == bindparam("reader", type_=BigInteger)
    return select(*columns).select_from(joined).where(whose, visible_notifications())


_SHOWN = _mine(
    *notifications.c[("id", "kind", "reason", "because", "told_at")],
    notifications.c.topic_id.label("topic"),
    notifications.c.read_at.is_not(None).label("is_read"),
    func.coalesce(topics.c.title, "").label("title"),
    notifications.c.post_id.label("post"),
    notifications.c.decision_id.label("decision"),
    notifications.c.done_at.is_not(None).label("is_done"),
    posts.c.number,
    func.left(posts.c.html, 10 * EXCERPT).label("html"),
)
_kinds = bindparam("kinds", type_=ARRAY(Text))
_PAGE = (
    _SHOWN.where(
        or_(_kinds.is_(None), notifications.c.kind == func.any(_kinds)),
        notifications.c.done_at.is_not(None) == bindparam("done", type_=Boolean),
    )
    .order_by(notifications.c.id.desc())
    .limit(bindparam("count", type_=Integer))
)
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
_group = notifications.c.id.in_(
    _mine(notifications.c.id).where(
        or_(
            notifications.c.topic_id == bindparam("topic", type_=BigInteger),
            notifications.c.id == bindparam("id", type_=BigInteger),
        ),
        notifications.c.id <= bindparam("id", type_=BigInteger),
    )
)
_PUT_AWAY = statement(
    update(notifications)
    .where(notifications.c.done_at.is_(None), _group)
    .values(done_at=bindparam("now"), read_at=func.coalesce(notifications.c.read_at, bindparam("now")))
)
_TAKE_OUT = statement(
    update(notifications).where(notifications.c.done_at.is_not(None), _group).values(done_at=null())
)
# Read ones for a quarter, all for a year: enough to find again what one was told; the posts themselves stay.
READ_KEPT = timedelta(days=90)
KEPT = timedelta(days=365)
_FORGET = statement("DELETE FROM notifications WHERE read_at < :read_before OR told_at < :told_before")
_TELL = statement("""
INSERT INTO notifications (member_id, kind, reason, because, topic_id, post_id, decision_id, told_at, mail_due_at)
SELECT told.member_id, :kind, coalesce(told.reason, ''), CAST(told.because AS jsonb), CAST(:topic AS bigint),
    CAST(:post AS bigint), CAST(:decision AS bigint), :now, mail_due(
        CASE WHEN :kind = ANY(CAST(:written AS text[])) THEN 'never'
            WHEN :kind = ANY(CAST(:followed AS text[])) THEN coalesce(w.followed, 'daily')
            ELSE coalesce(w.direct, 'at_once') END,
        coalesce(w.time_zone, 'UTC'), :now)
FROM unnest(CAST(:members AS bigint[]), CAST(:reasons AS text[]), CAST(:because AS text[]))
    AS told (member_id, reason, because)
LEFT JOIN mail_wishes w ON w.member_id = told.member_id
WHERE NOT (:kind = ANY(CAST(:talk AS text[])) AND EXISTS (
    SELECT FROM notifications n WHERE n.member_id = told.member_id AND n.post_id = CAST(:post AS bigint)
        AND n.kind = ANY(CAST(:talk AS text[]))))
ON CONFLICT DO NOTHING RETURNING id, member_id
""")
_UNTELL = statement("""
DELETE FROM notifications WHERE kind = :kind AND post_id = :post AND member_id = ANY(CAST(:members AS bigint[]))
""")


async def notify(
    tx: Transaction,
    kind: str,
    topic_id: TopicId | None,
    post_id: PostId | None,
    reasons: Mapping[MemberId, Because | str],
    decision_id: int | None = None,
) -> int:
    """Tell members something about a topic, a post or a decision, each with the reason why, as facts or in somebody's own
    words; nobody the same thing twice, and of one post not that it answers, quotes and names them. How many were told.
    Whether they may read it is asked when they do."""
    rows = await tx.rows(
        _TELL,
        kind=kind,
        topic=topic_id,
        post=post_id,
        decision=decision_id,
        members=list(reasons),
        reasons=[one if isinstance(one, str) else None for one in reasons.values()],
        because=[None if isinstance(one, str) else encode(one).decode() for one in reasons.values()],
        followed=list(FOLLOWED_KINDS),
        written=list(KINDS_WITH_OWN_EMAIL),
        talk=list(POST_KINDS),
        now=clock.now(),
    )
    for row in sorted(rows, key=lambda row: int(row["member_id"])):
        await tx.record(Notified(member_id=row["member_id"], notification_id=row["id"]))
    return len(rows)


async def notify_again(
    tx: Transaction, kind: str, topic_id: TopicId, post_id: PostId, reasons: Mapping[MemberId, Because | str]
) -> None:
    """Tell what may happen to a post more than once: what was told of it before makes room."""
    await tx.run(_UNTELL, kind=kind, post=post_id, members=list(reasons))
    await notify(tx, kind, topic_id, post_id, reasons)


async def delete_old_notifications(tx: Transaction, now: datetime) -> int:
    """Drop what was read or told long ago; how many."""
    return await tx.run(_FORGET, read_before=now - READ_KEPT, told_before=now - KEPT)


async def read_inbox(
    tx: Reader,
    actor: Actor,
    epoch: str,
    after: str | None = None,
    only: Only | None = None,
    done: bool = False,
) -> InboxPage:
    """One page of what a member was told, the latest first: all or some kinds, of what is not put away or of what is."""
    channel = f"member:{actor.signed_in()}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    kinds = None if only is None else list(FILTERS[only])
    binds: dict[str, Any] = {"count": PAGE + 1, "kinds": kinds, "done": done, **seen_by(actor)}
    if after is not None:
        binds["before"] = decode_cursor(after, tuple[_Id])[0]
    rows: Sequence[Record] = await tx.rows(_PAGES[after is not None], **binds)
    items = [_shown(row) for row in rows[:PAGE]]
    more = encode_cursor(items[-1].id) if len(rows) > PAGE else None
    return InboxPage(items, more, (await count_unread(tx, actor)).unread, stream)


async def count_unread(tx: Reader, actor: Actor) -> Unread:
    """How many notifications the member could read and has not."""
    actor.signed_in()
    return Unread(await tx.value(_COUNT, **seen_by(actor)))


async def find_notification(tx: Reader, actor: Actor, notification_id: int) -> Notification | None:
    """One of the member's own, if it can be seen."""
    row = await tx.row(_ONE, id=notification_id, **seen_by(actor))
    return None if row is None else _shown(row)


async def find_unread_notifications(tx: Reader, actor: Actor, ids: Sequence[int]) -> list[Notification]:
    """Those of the member's own that can be seen and were not read meanwhile, topic by topic."""
    return [_shown(row) for row in await tx.rows(_UNREAD, ids=list(ids), **seen_by(actor))]


async def mark_read(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Mark one of the member's own as read; as often as one likes."""
    actor.signed_in()
    if await find_notification(tx, actor, notification_id) is None:
        raise NotFound
    return await _mark(tx, actor, notification_id)


async def archive_notification(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Put one of the member's own away, with all earlier ones about the same topic: they are done, and read."""
    return await _move(tx, actor, _PUT_AWAY, notification_id, now=clock.now())


async def unarchive_notification(tx: Transaction, actor: Actor, notification_id: int) -> Unread:
    """Take the same out again."""
    return await _move(tx, actor, _TAKE_OUT, notification_id)


async def mark_all_read(tx: Transaction, actor: Actor) -> Unread:
    """Mark all that the member can see as read."""
    actor.signed_in()
    return await _mark(tx, actor, None)


def _shown(row: Record) -> Notification:
    facts = dict(row)
    html, because = facts.pop("html"), facts["because"]
    facts |= {"reason": describe_reason(because, facts["reason"]), "because": because and because["code"]}
    return Notification(**facts, excerpt=None if html is None else _begins(html))


def _begins(html: str) -> str:
    text = " ".join(unescape(_TAG.sub(" ", html)).split())
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"


async def _move(
    tx: Transaction, actor: Actor, moves: Statement, notification_id: int, **binds: Any
) -> Unread:
    actor.signed_in()
    told = await find_notification(tx, actor, notification_id)
    if told is None:
        raise NotFound
    if await tx.run(moves, id=told.id, topic=told.topic, **binds, **seen_by(actor)):
        await tx.record(NotificationsRead(member_id=actor.signed_in()))
    return await count_unread(tx, actor)


async def _mark(tx: Transaction, actor: Actor, notification_id: int | None) -> Unread:
    if await tx.run(_READ, id=notification_id, now=clock.now(), **seen_by(actor)):
        await tx.record(NotificationsRead(member_id=actor.signed_in()))
    return await count_unread(tx, actor)
