"""Tickets: a client that cannot send headers opens one socket with a ticket, once, within 30 seconds."""

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

LIFETIME = timedelta(seconds=30)

DELETE_EXPIRED_TICKETS = statement("DELETE FROM live_tickets WHERE ends_at < :now")
INSERT_TICKET = statement(
    "INSERT INTO live_tickets (ticket_hash, session_id, ends_at) VALUES (:hash, :session, :ends_at)"
)
DELETE_USED_TICKET = statement(
    "DELETE FROM live_tickets WHERE ticket_hash = :hash AND ends_at > :now RETURNING session_id"
)


class Ticket(Struct, frozen=True):
    """`/live?ticket=…` opens one socket before this time."""

    ticket: str
    ends_at: datetime


async def make_ticket(tx: Transaction, actor: Actor) -> Ticket:
    """Return a ticket for the actor's session, of which only the hash is stored; raise SignInFirst."""
    actor.signed_in()
    if actor.session_id is None:
        raise SignInFirst
    now = clock.now()
    ticket = Ticket(token_urlsafe(32), now + LIFETIME)
    await tx.run(DELETE_EXPIRED_TICKETS, now=now)
    await tx.run(INSERT_TICKET, hash=_hash(ticket.ticket), session=actor.session_id, ends_at=ticket.ends_at)
    return ticket


async def use_ticket(db: Database, ticket: str) -> SessionId | None:
    """Return the session that a ticket was made for, or None if it was used before or has expired.

    Any process can accept a ticket, as it is stored in the database.
    """
    async with db.autocommit() as tx:
        session = await tx.value(DELETE_USED_TICKET, hash=_hash(ticket), now=clock.now())
    return SessionId(session) if session is not None else None


def _hash(ticket: str) -> bytes:
    return sha256(ticket.encode(errors="replace")).digest()
