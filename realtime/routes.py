"""The HTTP side of delivery: tickets for the socket."""

from litestar import Response, post
from litestar.di import NamedDependency

from core.actor import Actor
from core.http import answers, json_response
from realtime.tickets import Ticket, make_ticket
from storage.database import Database
from storage.once import Once


@post("/live/tickets", responses=answers(201, Ticket), operation_id="make_ticket")
async def post_ticket(
    actor: NamedDependency[Actor], db: NamedDependency[Database], once: NamedDependency[Once]
) -> Response[bytes]:
    """A ticket that opens the live socket once, within 30 seconds, for this session."""
    answer = await once.answer(db, lambda tx: make_ticket(tx, actor), status=201)
    return json_response(answer.body, answer.status)


routes = [post_ticket]
