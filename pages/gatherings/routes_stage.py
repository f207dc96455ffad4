"""The stage of a room, for a projector: one question, what comes next, and how to join."""

import segno
from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup, escape

from core.http import PathId
from core.ids import RoomId
from gatherings.rooms import rooms
from gatherings.shapes.questions import Question
from pages.gatherings.host_view import look
from pages.shell.context import PageContext

NEXT = 3
# From this many characters on a question is set smaller, so that it fits without scrolling.
_SIZES = ((500, " longest"), (200, " longer"), (90, " long"))


@get("/r/{room_id:int}/stage", include_in_schema=False)
async def show_stage(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """What the hall looks at; whoever may come into the room may look at it."""
    async with context.db.read() as tx:
        floor = await look(tx, context.actor, RoomId(room_id), context.db.epoch, ("on_stage", "shortlisted"))
    address = f"{context.db.site.rstrip('/')}/r/{room_id}"
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/stage.html",
        room=rooms.with_presence(floor.room, context.presence),
        stream=floor.stream,
        stage=floor.stage,
        size=_size(floor.stage),
        next=floor.of("shortlisted")[:NEXT],
        join=address.partition("://")[2] or address,
        code=_code(address),
        asker=_asker(context, floor.stage),
    )


def _asker(context: PageContext, question: Question | None) -> Markup:
    # Who asks is heard in the hall as a voice of a group; who asked without a name stays without both.
    if question is None or not question.author:
        return Markup("Anonymous")
    group = question.author.group
    name = context.renderer.groups.get(group, str(escape(group))) if group else ""
    return Markup(name) if name else Markup("<bdi>{}</bdi>").format(question.author.display_name)


def _size(question: Question | None) -> str:
    body = question.body if question and question.body else ""
    return next((size for most, size in _SIZES if len(body) > most), "")


def _code(address: str) -> Markup:
    made = segno.make(address, error="m").svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(made.replace("<svg ", '<svg role="img" aria-label="Code to join" ', 1))


routes = [show_stage]
