"""A topic's page: its posts as a tree or in time, at any place; replying to it, locking it."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter
from markupsafe import Markup
from msgspec.structs import replace

from core import clock
from core.actor import Actor, PostOrder
from core.errors import NotFound, Refusal, allowed
from core.http import Cursor, PathId, etag_matches, status_of
from core.ids import TopicId
from forum.following.shapes_read_state import TopicWithPosts
from forum.following.topic_pages import read_topic_page
from forum.policy import ensure_can_change_topic, ensure_can_reply
from forum.posts.held_posts import read_own_held_posts
from forum.posts.post_pages import PageStart, read_posts, read_posts_by_id
from forum.posts.redirects import find_merge_target, find_moved_post
from forum.posts.shapes_held import HeldPost
from forum.shapes import NewReply, Post, PostPage, Topic
from forum.topics import status, topics
from forum.topics.page_validator import read_validator
from forum.writing.replies import Replies
from pages.forum.move_notes import notes_by_post, origins_of
from pages.forum.topic_view import Asked, address_of, facts_of, place_of, topic_facts, what_changed
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, keep_draft, key_of
from pages.forum.writing.preview_fields import preview_of
from pages.shell.context import PageContext
from pages.shell.forms import Form, once_of, read_form, text_in, to_shape
from pages.shell.renderer import AnyRequest, Renderer, go_to, html_response
from pages.shell.uploads import read_form_with_files
from storage.database import Database, Reader
from storage.event_log import Stream

Number = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]
PathNumber = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]


@get("/t/{topic_id:int}", include_in_schema=False)
async def find_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """A topic's number leads to its address."""
    async with db.read() as tx:
        try:
            topic = await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)
        except NotFound:
            return go_to(await _address_now(tx, actor, TopicId(topic_id), None))
    return go_to(address_of(topic))


async def _address_now(tx: Reader, actor: Actor, topic_id: TopicId, number: int | None) -> str:
    # An old address leads to what is there now, for those who can see it.
    post_id = await find_moved_post(tx, actor, topic_id, number) if number else None
    if post_id is not None:
        return f"/p/{post_id}"
    now_at = await find_merge_target(tx, topic_id)
    if now_at is None or number is not None:
        raise NotFound
    return address_of(await topics.show_topic(tx, actor, now_at, ""))


@get("/t/{topic_id:int}/{slug:str}", include_in_schema=False)
async def show_topic(
    topic_id: PathId,
    slug: FromPath[str],
    context: NamedDependency[PageContext],
    order: FromQuery[PostOrder | None] = None,
    after: Cursor = None,
    before: Cursor = None,
    number: Number = None,
    branch: Number = None,
) -> Response[bytes]:
    """A page of a topic: from a cursor, or from a post on; of one branch, or of all."""
    # A cursor or a branch whose address names no order was given out by a tree.
    chosen = "tree" if after or before or branch else context.actor.post_order
    place = PageStart(
        order=order or chosen, after=after, before=before, number=number or branch, branch=branch
    )
    return await _show(context, TopicId(topic_id), slug, Asked(place=place))


@get("/t/{topic_id:int}/{slug:str}/{number:int}", include_in_schema=False)
async def show_topic_at(
    topic_id: PathId,
    slug: FromPath[str],
    number: PathNumber,
    context: NamedDependency[PageContext],
    order: FromQuery[PostOrder | None] = None,
) -> Response[bytes]:
    """The page of a topic that contains a post."""
    place = PageStart(order=order or context.actor.post_order)
    return await _show(context, TopicId(topic_id), slug, Asked(place=place, number=number))


@get("/t/{topic_id:int}/{slug:str}/reply", include_in_schema=False)
async def show_reply(
    topic_id: PathId, slug: FromPath[str], context: NamedDependency[PageContext], draft: AskedKey = ""
) -> Response[bytes]:
    """The form that answers a topic, with the draft that was begun."""
    actor = context.actor
    async with context.db.read() as tx:
        facts = await topics.get_topic(tx, actor, TopicId(topic_id))
        ensure_can_reply(actor, facts, clock.now())
        topic = await topics.show_topic(tx, actor, TopicId(topic_id), context.db.epoch)
        form = await draft_in(tx, actor, Form(draft=key_of(f"topic:{topic_id}", draft)))
    form.action, form.verb = f"/t/{topic_id}/reply", "Reply"
    return _write_page(context.renderer, context.request, actor, topic, form)


@post("/t/{topic_id:int}/reply", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def post_reply(
    topic_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Reply to the topic, or look at how the reply will read."""
    typed, uploads = await read_form_with_files(request)
    async with db.read() as tx:
        now_at = await find_merge_target(tx, TopicId(topic_id)) or TopicId(topic_id)
        topic = await topics.show_topic(tx, actor, now_at, db.epoch)
    address = address_of(topic)
    key = key_of(f"topic:{topic_id}", text_in(typed, "draft"))
    form = Form(action=f"/t/{topic_id}/reply", verb="Reply", draft=key, typed=typed)
    status = 200
    try:
        form.typed = typed = await attach(replies, actor, typed, uploads)
        if text_in(typed, "keep"):
            async with db.begin() as tx:
                await keep_draft(tx, actor, f"topic:{topic_id}", typed)
            return go_to("/drafts", done="kept")
        reply = to_shape(NewReply, {"body": text_in(typed, "body"), "draft": key})
        if not text_in(typed, "preview") and not text_in(typed, "attach"):
            answer = await replies.post_reply(actor, TopicId(topic_id), reply, once_of(request, actor, typed))
            if answer.status == 202:
                return go_to(f"/held/{msgspec.json.decode(answer.body, type=HeldPost).id}")
            sent = msgspec.json.decode(answer.body, type=Post)
            return go_to(
                f"{address}/{sent.number}#p{sent.number}" if sent.topic == topic.id else f"/p/{sent.id}"
            )
        form.preview = await preview_of(replies, actor, reply.body, key)
    except Refusal as refusal:
        form, status = form.refuse(refusal), status_of(refusal)
    return _write_page(renderer, request, actor, topic, form, status)


def _write_page(
    renderer: Renderer, request: AnyRequest, actor: Actor, topic: Topic, form: Form, status: int = 200
) -> Response[bytes]:
    steps = [(address_of(topic), topic.title, "")]
    heading = "Reply to the topic"
    return renderer.page(
        request,
        actor,
        "forum/writing/write.html",
        status,
        heading=heading,
        above="",
        form=form,
        place="",
        steps=steps,
    )


@post("/t/{topic_id:int}/{slug:str}/lock", include_in_schema=False)
async def lock_topic(
    topic_id: PathId,
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Response[bytes]:
    """Lock or unlock a topic."""
    wanted = text_in(await read_form(request), "lock") != "0"
    async with db.begin() as tx:
        await (status.lock_topic if wanted else status.unlock_topic)(tx, actor, TopicId(topic_id))
    return go_to(f"/t/{topic_id}/{slug}")


async def _show(context: PageContext, topic_id: TopicId, slug: str, asked: Asked) -> Response[bytes]:
    try:
        return await _show_here(context, topic_id, slug, asked)
    except NotFound:
        async with context.db.read() as tx:
            return go_to(await _address_now(tx, context.actor, topic_id, asked.number))


async def _show_here(context: PageContext, topic_id: TopicId, slug: str, asked: Asked) -> Response[bytes]:
    if context.actor.id is None:
        return await _show_visitor(context, topic_id, slug, asked)
    async with context.db.read() as tx:
        found = await read_topic_page(tx, context.actor, topic_id, asked.place, context.db.epoch)
        page = await _render(context, tx, found, slug, asked)
    return page if isinstance(page, Response) else html_response(page)


async def _show_visitor(context: PageContext, topic_id: TopicId, slug: str, asked: Asked) -> Response[bytes]:
    # All visitors see the same: a page is kept as long as the topic's log and the authors' faces say that it is current.
    async with context.db.read() as tx:
        stream, validator = await read_validator(tx, context.actor, topic_id, context.db.epoch)
        etag = f'"{context.renderer.statics.version}.{validator[1:]}'
        if etag_matches(context.request.headers.get("if-none-match"), etag):
            return html_response(b"", 304, {"ETag": etag})
        key = ("page", topic_id, slug, asked)
        page: Response[bytes] | bytes | None = context.cache.get(key, etag)
        if page is None:
            found = await _find(context, tx, asked, stream, etag)
            page = await _render(context, tx, found, slug, asked)
            if isinstance(page, bytes):
                context.cache.put(key, etag, page)
    return page if isinstance(page, Response) else html_response(page, headers={"ETag": etag})


async def _find(context: PageContext, tx: Reader, asked: Asked, stream: Stream, etag: str) -> TopicWithPosts:
    # The topic is the same on all its pages, and valid as long as they are: only the posts are read for each.
    topic_id = TopicId(int(stream.channel.partition(":")[2]))
    kept = context.cache.get(("topic", topic_id), etag)
    if kept is None:
        found = await read_topic_page(tx, context.actor, topic_id, asked.place, context.db.epoch)
        context.cache.put(("topic", topic_id), etag, msgspec.json.encode(found.topic))
        return found
    topic = msgspec.json.decode(kept, type=Topic)
    return TopicWithPosts(topic, await read_posts(tx, context.actor, topic_id, asked.place, stream))


async def _render(
    context: PageContext, tx: Reader, found: TopicWithPosts, slug: str, asked: Asked
) -> Response[bytes] | bytes:
    actor, renderer, topic = context.actor, context.renderer, found.topic
    address = address_of(topic)
    if slug != address.rpartition("/")[2]:
        rest = f"/{asked.number}" if asked.number else ""
        query = context.request.url.query
        return go_to(f"{address}{rest}{'?' if query else ''}{query}")
    page = await _page_with(tx, actor, found, asked)
    facts = facts_of(topic, await renderer.sector_id(tx, topic.sector))
    place = place_of(facts, address, actor, asked, page, renderer.groups, topic.answer)
    if topic.moves:
        notes = await notes_by_post(tx, actor, facts.id, place.may_move)
        place = replace(place, notes=notes, origins=await origins_of(tx, actor, page.items))
    place = replace(place, read=found.own.read)
    changed = what_changed(found.own.since, address)
    shown = topic_facts(topic, page, asked, place) | {"own": found.own, "held": [], "changed": changed}
    if found.own.holds:
        shown["held"] = (await read_own_held_posts(tx, actor, facts.id)).items
    shown["may_change"] = allowed(ensure_can_change_topic, actor, facts, clock.now())
    if topic.answer:
        answer = (await read_posts_by_id(tx, actor, [topic.answer])).get(topic.answer)
        shown |= {"answered": answer, "answer": answer and Markup(answer.html or "")}
    return renderer.render(
        context.request, actor, "forum/topics/topic.html", groups=renderer.groups_json, **shown
    )


async def _page_with(tx: Reader, actor: Actor, found: TopicWithPosts, asked: Asked) -> PostPage:
    # A short topic is shown whole, with the post in its place; of a long one the page that begins with it.
    page = found.posts
    if asked.number is None or any(post.number == asked.number for post in page.items):
        return page
    if asked.number > found.topic.last_number:
        raise NotFound
    from_here = PageStart(order=asked.place.order, number=asked.number)
    page = await read_posts(tx, actor, TopicId(found.topic.id), from_here, page.stream)
    if page.items[:1] and page.items[0].number == asked.number:
        return page
    raise NotFound


routes = [find_topic, show_topic, show_topic_at, show_reply, post_reply, lock_topic]
