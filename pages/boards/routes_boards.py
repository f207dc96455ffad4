"""The list of all boards, and the form that creates one."""

from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from boards.boards.boards import create_board
from boards.lookup.board_queries import read_latest_boards, show_board
from boards.lookup.lookup import find_board_by_topic
from boards.policy import ensure_can_create_board
from boards.shapes import Board, NewBoard
from boards.taxonomies import find_taxonomies
from boards.templates import TEMPLATES
from core import clock
from core.http import PathId
from core.ids import PostId, TopicId
from core.languages.texts import gettext
from forum.posts.post_pages import show_post
from forum.sectors import get_sector
from pages.boards import board_view
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, Typed, form_of, idempotent_request, submit, text_in, to_shape
from pages.shell.renderer import redirect
from storage.database import Transaction

Source = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]


@get("/b", include_in_schema=False)
async def show_boards(context: NamedDependency[PageContext], source: Source = None) -> Response[bytes]:
    """Show all boards; with a `source` post, only those to which an entry made from it can be added."""
    async with context.db.read() as tx:
        boards = await read_latest_boards(tx, context.actor)
        post = await show_post(tx, context.actor, PostId(source)) if source else None
    if post is not None:
        boards = [board for board in boards if board.phase == "collecting"]
    can_begin = bool(context.actor.moderates or context.actor.is_administrator)
    return context.renderer.page(
        context.request,
        context.actor,
        "boards/boards.html",
        boards=boards,
        source=post,
        can_begin=can_begin,
        phases=board_view.phase_names(),
    )


@get("/b/of/{topic_id:int}", include_in_schema=False)
async def find_board(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Redirect from the topic of a board or an entry to its page; raise NotFound."""
    async with context.db.read() as tx:
        board, entry = await find_board_by_topic(tx, context.actor, TopicId(topic_id))
    return redirect(f"/b/{board}/entries/{entry}" if entry else f"/b/{board}")


@get("/s/{slug:str}/boards/new", include_in_schema=False)
async def show_new_board(slug: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that creates a board."""
    return await _new_page(context, slug, Form())


@post("/s/{slug:str}/boards/new", include_in_schema=False)
async def start_board(slug: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Create a board in a sector."""

    async def create(form: Form) -> Response[bytes]:
        async def verb(tx: Transaction) -> Board:
            board_id = await create_board(tx, context.actor, slug, _board_in(form.typed))
            return await show_board(tx, context.actor, board_id)

        response = await idempotent_request(context, form.typed).respond(context.db, verb, 201)
        return redirect(f"/b/{msgspec.json.decode(response.body, type=Board).id}")

    return await submit(await form_of(context), create, partial(_new_page, context, slug), NO_STATUS)


async def _new_page(context: PageContext, slug: str, form: Form, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        sector = await get_sector(tx, slug)
        lists = set(await find_taxonomies(tx))
        ensure_can_create_board(context.actor, await context.renderer.sector_id(tx, slug), clock.now())
    offered = [
        (key, gettext(name))
        for key, (name, made) in TEMPLATES.items()
        if any(field.taxonomy in lists for field in made.fields)
    ]
    return context.renderer.page(
        context.request,
        context.actor,
        "boards/new_board.html",
        status,
        sector=sector,
        form=form,
        offered=offered,
    )


def _board_in(typed: Typed) -> NewBoard:
    given: dict[str, Any] = {
        name: text_in(typed, name) for name in ("title", "purpose", "template", "readers")
    }
    given["readers"] = given["readers"] or "everyone"
    if not text_in(typed, "open"):
        given["opens_at"] = None
    return to_shape(NewBoard, given)


routes = [show_boards, find_board, show_new_board, start_board]
