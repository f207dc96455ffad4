"""Moving on pages: which posts, where to; merging a topic, giving it to another sector; taking a move back."""

import re

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import Invalid, Refusal
from core.http import Cursor, PathId, status_of
from core.ids import TopicId
from forum.moves import moves
from forum.moves.shapes import NewMove
from forum.policy import ensure_can_move
from forum.posts.post_pages import PageStart, read_posts
from forum.topics import topics
from forum.topics.topics import get_topic
from pages.forum.topic_view import address_of
from pages.forum.topics.routes_topics import Number
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from storage.database import Reader, Transaction

_TOPIC = re.compile(r"(?:.*/t/)?(\d{1,18})(?:[/?#].*)?")


class NoSuchTopic(Invalid):
    """What was typed names no topic."""

    message = "Give the address of a topic, as in /t/812/cobalt-tracing, or its number."


@get("/move/{topic_id:int}", include_in_schema=False)
async def show_moving(
    topic_id: PathId, context: NamedDependency[PageContext], number: Number = None, after: Cursor = None
) -> Response[bytes]:
    """Which posts, and where to."""
    return await _show(context, TopicId(topic_id), Form(), number=number, after=after)


@post("/move/{topic_id:int}", include_in_schema=False)
async def move(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Move what was chosen, merge the topic, or give it to another sector."""
    typed = await read_form(context.request)
    try:
        if text_in(typed, "deed") == "relocate":
            async with context.db.begin() as tx:
                await moves.relocate_topic(tx, context.actor, TopicId(topic_id), text_in(typed, "sector"))
            return go_to(f"/t/{topic_id}")
        new = _new_move(typed)

        async def verb(tx: Transaction) -> object:
            return await moves.move_posts(tx, context.actor, TopicId(topic_id), new)

        await once_of(context.request, context.actor, typed).respond(context.db, verb, 201)
    except Refusal as refusal:
        status = status_of(refusal)
        if status in (401, 403):
            raise
        number = number_in(text_in(typed, "number"))
        form = Form(typed=typed).refuse(refusal)
        return await _show(context, TopicId(topic_id), form, number=number, status=status)
    return go_to(f"/t/{topic_id}")


@post("/moves/{move_id:int}/undo", include_in_schema=False)
async def undo_move(move_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Bring back what was moved."""
    async with context.db.begin() as tx:
        home = await moves.undo_move(tx, context.actor, move_id)
    return go_to(f"/t/{home}")


async def _show(
    context: PageContext,
    topic_id: TopicId,
    form: Form,
    *,
    number: int | None = None,
    after: str | None = None,
    status: int = 200,
) -> Response[bytes]:
    async with context.db.read() as tx:
        topic = await topics.show_topic(tx, context.actor, topic_id, context.db.epoch)
        ensure_can_move(context.actor, await get_topic(tx, context.actor, topic_id))
        assert topic.stream is not None
        place = PageStart(number=None if after else number, after=after)
        page = await read_posts(tx, context.actor, topic_id, place, topic.stream)
        moderated = await _moderated(context, tx)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/topics/move.html",
        status,
        topic=topic,
        address=address_of(topic),
        posts=[post for post in page.items if post.number > 1],
        next=page.next,
        number=number,
        form=form,
        sectors=moderated,
    )


async def _moderated(context: PageContext, tx: Reader) -> list[tuple[str, str]]:
    found = []
    for slug, name in context.renderer.community.sectors:
        if context.actor.moderates_in(await context.renderer.sector_id(tx, slug)):
            found.append((slug, name))
    return found


def _new_move(typed: Typed) -> NewMove:
    facts: dict[str, object] = {}
    deed = text_in(typed, "deed")
    if deed != "merge":
        facts["posts"] = [number_in(post) or 0 for post in typed.get("post", ())]
    if deed == "split":
        facts["title"], facts["sector"] = text_in(typed, "title"), text_in(typed, "sector") or None
    elif deed in ("move", "merge"):
        found = _TOPIC.fullmatch(text_in(typed, "into").strip())
        if found is None:
            raise NoSuchTopic(field="into")
        facts["into"] = int(found[1])
    else:
        raise BadButton
    return to_shape(NewMove, facts)


routes = [show_moving, move, undo_move]
