"""The HTTP routes of delivery: tickets for the live socket."""

from litestar import post
from litestar.di import NamedDependency

from core.actor import Actor
from realtime.tickets import Ticket, make_ticket
from storage.database import Database


@post("/live/tickets", operation_id="make_ticket")
async def post_ticket(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Ticket:
    """A ticket that opens the live socket once, within 30 seconds, for this session."""
    # An Idempotency-Key is ignored: the stored response would contain the ticket in plain text.
    async with db.begin() as tx:
        return await make_ticket(tx, actor)


routes = [post_ticket]
