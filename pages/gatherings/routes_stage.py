"""The stage view of a room for a projector: the current question, the next ones, and how to join."""

import segno
from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup, escape

from core.http import PathId
from core.ids import RoomId
from core.languages.texts import gettext
from gatherings.rooms import rooms
from gatherings.shapes.questions import Question
from pages.gatherings.host_view import read_host_view
from pages.shell.context import PageContext

NEXT_QUESTIONS = 3
# The CSS class by the length of the question: longer questions are smaller, so that they fit without scrolling.
_SIZES = ((500, " longest"), (200, " longer"), (90, " long"))


@get("/r/{room_id:int}/stage", include_in_schema=False)
async def show_stage(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the stage view to everyone who can enter the room; raise NotFound."""
    async with context.db.read() as tx:
        view = await read_host_view(
            tx, context.actor, RoomId(room_id), context.db.epoch, ("on_stage", "shortlisted")
        )
    address = f"{context.db.site.rstrip('/')}/r/{room_id}"
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/stage.html",
        room=rooms.with_presence(view.room, context.presence),
        stream=view.stream,
        stage=view.stage,
        size=_size(view.stage),
        next=view.of("shortlisted")[:NEXT_QUESTIONS],
        join=address.partition("://")[2] or address,
        code=_qr_code(address),
        asker=_asker(context, view.stage),
    )


def _asker(context: PageContext, question: Question | None) -> Markup:
    # The stage shows the asker's group instead of the name; for anonymous questions it shows neither.
    if question is None or not question.author:
        return escape(gettext("Anonymous"))
    group = question.author.group
    name = context.renderer.groups.get(group, str(escape(group))) if group else ""
    return Markup(name) if name else Markup("<bdi>{}</bdi>").format(question.author.display_name)


def _size(question: Question | None) -> str:
    body = question.body if question and question.body else ""
    return next((size for most, size in _SIZES if len(body) > most), "")


def _qr_code(address: str) -> Markup:
    made = segno.make(address, error="m").svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None)
    label = escape(gettext("QR code to join"))
    return Markup(made.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))


routes = [show_stage]
