"""The overview: which first steps are done, how the service is doing, and how many members there are."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from administration.shapes import FirstStep, Overview, ServiceState
from community.pages.community_pages import read_community_pages
from community.settings.settings import read_settings
from core import clock
from core.actor import Actor
from members.policy import ensure_can_administer
from storage.database import Database
from storage.statements import statement

# Mistakes of the last administrator could be undone on the machine only.
ENOUGH_ADMINISTRATORS = 2

_SELECT_NUMBERS = statement("""
SELECT (SELECT count(*) FROM members WHERE is_claimed) AS members,
    (SELECT count(*) FROM members WHERE is_claimed AND email_verified_at IS NULL) AS unverified,
    (SELECT count(DISTINCT member_id) FROM sanctions WHERE action = 'suspend' AND ended_at IS NULL AND until > :now)
        AS suspended,
    (SELECT count(DISTINCT member_id) FROM duties WHERE duty = 'administrator') AS administrators,
    EXISTS (SELECT FROM duties WHERE duty = 'moderator') AS has_moderator
""")


class StateReader(Struct, frozen=True):
    """How the state of the service is found out, which only the composition root knows."""

    read: Callable[[], Awaitable[ServiceState]]


async def read_overview(db: Database, actor: Actor, reader: StateReader) -> Overview:
    """Return the overview; raise AdministratorsOnly."""
    ensure_can_administer(actor)
    service = await reader.read()
    async with db.read() as tx:
        row = await tx.row(_SELECT_NUMBERS, now=clock.now())
        has_name = (await read_settings(tx)).name is not None
        pages = {one.page for one in (await read_community_pages(tx)).items}
    assert row is not None
    mail_works = service.has_mail_server and service.mail_last_sent is not None
    steps = [
        FirstStep(name="mail", is_done=mail_works and service.mail_held_since is None),
        FirstStep(name="community", is_done=service.has_own_community or has_name),
        FirstStep(name="rules", is_done="rules" in pages),
        FirstStep(name="imprint", is_done="imprint" in pages),
        FirstStep(name="moderator", is_done=row["has_moderator"]),
        FirstStep(name="administrators", is_done=row["administrators"] >= ENOUGH_ADMINISTRATORS),
        FirstStep(name="backup", is_done=service.has_recent_backup),
    ]
    return Overview(
        steps=steps,
        service=service,
        members=row["members"],
        unverified=row["unverified"],
        suspended=row["suspended"],
    )
