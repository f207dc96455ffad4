"""The HTTP side of delivery: tickets for the socket."""

from litestar import post
from litestar.di import NamedDependency

from core.actor import Actor
from realtime.tickets import Ticket, make_ticket
from storage.database import Database


@post("/live/tickets", operation_id="make_ticket")
async def post_ticket(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Ticket:
    """A ticket that opens the live socket once, within 30 seconds, for this session."""
    # Without regard to an Idempotency-Key: the kept answer would hold the ticket in clear.
    async with db.begin() as tx:
        return await make_ticket(tx, actor)


routes = [post_ticket]
