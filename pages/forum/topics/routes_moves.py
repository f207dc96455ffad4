"""Pages on which moderators move posts, merge topics, move a topic to another sector, and undo a move."""

import re
from collections.abc import Sequence
from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import Invalid, every_refusal
from core.http import Cursor, PathId
from core.ids import TopicId
from core.languages.texts import translatable
from core.threads import in_thread
from forum.moves import moves
from forum.moves.shapes import NewMove
from forum.policy import ensure_can_move
from forum.posts.post_pages import PageStart, read_posts
from forum.shapes import Post
from forum.text.excerpts import excerpt_of_html
from forum.topics import topics
from forum.topics.topics import get_topic
from pages.forum.topic_view import address_of
from pages.forum.topics.routes_topics import Number
from pages.shell.context import PageContext
from pages.shell.forms import (
    BadButton,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect
from storage.database import Reader, Transaction

_EXCERPT_LENGTH = 90
_TOPIC = re.compile(r"(?:.*/t/)?(\d{1,18})(?:[/?#].*)?")


class NoSuchTopic(Invalid):
    """The text is not the address or number of a topic."""

    message = translatable("Enter the address of a topic, such as /t/812/cobalt-tracing, or its number.")


@get("/move/{topic_id:int}", include_in_schema=False)
async def show_move_form(
    topic_id: PathId, context: NamedDependency[PageContext], number: Number = None, after: Cursor = None
) -> Response[bytes]:
    """Show the form for moving posts or the whole topic; `number` is the post to start with."""
    return await _page(context, TopicId(topic_id), Form(), number=number, after=after)


@post("/move/{topic_id:int}", include_in_schema=False)
async def move(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Move the chosen posts, merge the topic, or move it to another sector."""

    async def move_or_relocate(form: Form) -> Response[bytes]:
        if text_in(form.typed, "deed") == "relocate":
            sector = text_in(form.typed, "sector")
            async with context.db.begin() as tx:
                await moves.relocate_topic(tx, context.actor, TopicId(topic_id), sector)
            return redirect(f"/t/{topic_id}")
        new = _move_in(form.typed)

        async def verb(tx: Transaction) -> object:
            return await moves.move_posts(tx, context.actor, TopicId(topic_id), new)

        await idempotent_request(context, form.typed).respond(context.db, verb, 201)
        return redirect(f"/t/{topic_id}")

    form = await form_of(context)
    page = partial(_page, context, TopicId(topic_id), number=number_in(form.value("number")))
    return await submit(form, move_or_relocate, page, let_through=(401, 403))


@post("/moves/{move_id:int}/undo", include_in_schema=False)
async def undo_move(move_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Undo a move."""
    async with context.db.begin() as tx:
        home = await moves.undo_move(tx, context.actor, move_id)
    return redirect(f"/t/{home}")


async def _page(
    context: PageContext,
    topic_id: TopicId,
    form: Form,
    status: int = 200,
    *,
    number: int | None = None,
    after: str | None = None,
) -> Response[bytes]:
    async with context.db.read() as tx:
        topic = await topics.show_topic(tx, context.actor, topic_id, context.db.epoch)
        form.typed = {"sector": [topic.sector], **form.typed}
        ensure_can_move(context.actor, await get_topic(tx, context.actor, topic_id))
        assert topic.stream is not None
        start = PageStart(number=None if after else number, after=after)
        page = await read_posts(tx, context.actor, topic_id, start, topic.stream)
        moderated = await _moderated_sectors(context, tx)
    excerpts = await in_thread(_excerpts_of, page.items)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/topics/move.html",
        status,
        topic=topic,
        excerpts=excerpts,
        address=address_of(topic),
        posts=[post for post in page.items if post.number > 1],
        next=page.next,
        number=number,
        form=form,
        sectors=moderated,
    )


def _excerpts_of(posts: Sequence[Post]) -> dict[int, str]:
    return {post.id: excerpt_of_html(post.html or "", _EXCERPT_LENGTH) for post in posts}


async def _moderated_sectors(context: PageContext, tx: Reader) -> list[tuple[str, str]]:
    found = []
    for slug, name in context.renderer.community.sectors:
        if context.actor.moderates_in(await context.renderer.sector_id(tx, slug)):
            found.append((slug, name))
    return found


def _move_in(typed: Typed) -> NewMove:
    facts: dict[str, object] = {}
    action = text_in(typed, "deed")
    if action != "merge":
        facts["posts"] = [number_in(post) or 0 for post in typed.get("post", ())]
    if action == "split":
        facts["title"], facts["sector"] = text_in(typed, "title"), text_in(typed, "sector") or None
    elif action not in ("move", "merge"):
        raise BadButton
    with every_refusal() as each:
        with each.check():
            facts |= {} if action == "split" else {"into": _topic_id_in(typed)}
        return to_shape(NewMove, facts)


def _topic_id_in(typed: Typed) -> int:
    found = _TOPIC.fullmatch(text_in(typed, "into").strip())
    if found is None:
        raise NoSuchTopic(field="into")
    return int(found[1])


routes = [show_move_form, move, undo_move]
