"""The hourly cleanups of members: ended sessions, old e-mailed links, and e-mails that were sent."""

from datetime import datetime, timedelta

from members.accounts.sessions import delete_ended_sessions
from members.emails.mailed_links import delete_old_links
from members.emails.outbox import delete_done_emails
from storage.database import Transaction
from storage.jobs import Cleanup

LINKS_KEPT = timedelta(days=30)


async def _clean_up_sessions(tx: Transaction, _: datetime) -> None:
    await delete_ended_sessions(tx)


async def _clean_up_links(tx: Transaction, now: datetime) -> None:
    await delete_old_links(tx, now - LINKS_KEPT)


CLEANUPS: tuple[Cleanup, ...] = (_clean_up_sessions, _clean_up_links, delete_done_emails)
