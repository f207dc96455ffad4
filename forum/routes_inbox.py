"""The HTTP side of the inbox."""

from litestar import get, put
from litestar.di import NamedDependency

from core.actor import Actor
from core.http import Cursor, PathId
from forum import inbox
from forum.shapes_inbox import InboxPage, Unread
from storage.database import Database


@get("/inbox", operation_id="read_inbox")
async def read_inbox(
    actor: NamedDependency[Actor], db: NamedDependency[Database], after: Cursor = None
) -> InboxPage:
    """What the member was told and why, the latest first. `notified` and `inbox_read` on the member's channel say when
    to read it again."""
    async with db.read() as tx:
        return await inbox.read_inbox(tx, actor, db.epoch, after)


@get("/inbox/unread", operation_id="count_unread")
async def count_unread(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Unread:
    """How many wait to be read."""
    async with db.read() as tx:
        return await inbox.count_unread(tx, actor)


@put("/inbox/{notification_id:int}/read", operation_id="read_notification")
async def read_notification(
    notification_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Unread:
    """Mark one as read. It may be sent any number of times."""
    async with db.begin() as tx:
        return await inbox.read_notification(tx, actor, notification_id)


@put("/inbox/read", operation_id="read_all_notifications")
async def read_all(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Unread:
    """Mark all as read."""
    async with db.begin() as tx:
        return await inbox.read_all(tx, actor)


inbox_routes = [read_inbox, count_unread, read_notification, read_all]
