"""Tickets: how a client that can send no header opens one socket, once, within half a minute."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import SignInFirst
from core.ids import SessionId
from storage.database import Database, Transaction
from storage.statements import statement

LIFE = timedelta(seconds=30)

_FORGET = statement("DELETE FROM live_tickets WHERE ends_at < :now")
_KEEP = statement(
    "INSERT INTO live_tickets (ticket_hash, session_id, ends_at) VALUES (:hash, :session, :ends_at)"
)
_SPEND = statement(
    "DELETE FROM live_tickets WHERE ticket_hash = :hash AND ends_at > :now RETURNING session_id"
)


class Ticket(Struct, frozen=True):
    """`/live?ticket=…` opens one socket before this time."""

    ticket: str
    ends_at: datetime


async def make_ticket(tx: Transaction, actor: Actor) -> Ticket:
    """A ticket for this session; only its hash is stored."""
    actor.signed_in()
    if actor.session_id is None:
        raise SignInFirst
    now = clock.now()
    ticket = Ticket(token_urlsafe(32), now + LIFE)
    await tx.run(_FORGET, now=now)
    await tx.run(_KEEP, hash=_hash(ticket.ticket), session=actor.session_id, ends_at=ticket.ends_at)
    return ticket


async def spend_ticket(db: Database, ticket: str) -> SessionId | None:
    """The session a ticket was made for; None the second time, and after its time. Any process can spend it."""
    async with db.autocommit() as tx:
        session = await tx.value(_SPEND, hash=_hash(ticket), now=clock.now())
    return SessionId(session) if session is not None else None


def _hash(ticket: str) -> bytes:
    return sha256(ticket.encode(errors="replace")).digest()
