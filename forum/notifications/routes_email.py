"""HTTP routes of e-mail preferences."""

from litestar import get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from forum.notifications import email_preferences
from forum.notifications.email_preferences import MailWishes, NewMailWishes
from storage.database import Database


@get("/me/mail", operation_id="read_mail_wishes")
async def read_mail_wishes(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> MailWishes:
    """Return the member's e-mail preferences."""
    async with db.read() as tx:
        return await email_preferences.read_email_preferences(tx, actor)


@patch("/me/mail", operation_id="set_mail_wishes")
async def set_mail_wishes(
    data: JSONBody[NewMailWishes], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> MailWishes:
    """Change the member's e-mail preferences."""
    async with db.begin() as tx:
        return await email_preferences.set_email_preferences(tx, actor, data)


email_routes = [read_mail_wishes, set_mail_wishes]
