"""HTTP routes of notifications."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.actor import Actor
from core.http import Cursor, PathId
from forum.notifications import inbox
from forum.notifications.shapes import InboxPage, Only, Unread
from storage.database import Database


@get("/inbox", operation_id="read_inbox")
async def read_inbox(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    after: Cursor = None,
    only: FromQuery[Only | None] = None,
    done: FromQuery[bool] = False,
) -> InboxPage:
    """Return one page of the member's notifications, the latest first; `only` selects some kinds, `done` archived ones.

    The events `notified` and `inbox_read` on the member's channel say when to read it again.
    """
    async with db.read() as tx:
        return await inbox.read_inbox(tx, actor, db.epoch, after, only, done)


@get("/inbox/unread", operation_id="count_unread")
async def count_unread(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Unread:
    """Count the member's unread notifications."""
    async with db.read() as tx:
        return await inbox.count_unread(tx, actor)


@put("/inbox/{notification_id:int}/read", operation_id="read_notification")
async def read_notification(
    notification_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    earlier: FromQuery[bool] = False,
) -> Unread:
    """Mark a notification as read, and with `earlier` all earlier ones about the same topic; repeating the request changes
    nothing."""
    mark = inbox.mark_group_read if earlier else inbox.mark_read
    async with db.begin() as tx:
        return await mark(tx, actor, notification_id)


@put("/inbox/{notification_id:int}/done", operation_id="put_away_notification")
async def put_away(
    notification_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Unread:
    """Archive a notification and all earlier ones about the same topic, which also marks them as read."""
    async with db.begin() as tx:
        return await inbox.archive_notification(tx, actor, notification_id)


@delete("/inbox/{notification_id:int}/done", status_code=200, operation_id="take_out_notification")
async def take_out(
    notification_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Unread:
    """Take a notification and all earlier ones about the same topic out of the archive."""
    async with db.begin() as tx:
        return await inbox.unarchive_notification(tx, actor, notification_id)


@put("/inbox/read", operation_id="read_all_notifications")
async def read_all(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Unread:
    """Mark all notifications as read."""
    async with db.begin() as tx:
        return await inbox.mark_all_read(tx, actor)


notification_routes = [read_inbox, count_unread, read_notification, put_away, take_out, read_all]
