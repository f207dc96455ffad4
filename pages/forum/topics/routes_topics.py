"""The page of a topic, with its posts as a tree or by time; replying to the topic, and locking it."""

from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter
from markupsafe import Markup
from msgspec.structs import replace

from core import clock
from core.actor import Actor, PostOrder
from core.errors import NotFound, allowed
from core.http import Cursor, PathId, etag_matches
from core.ids import TopicId
from core.languages.texts import gettext, pgettext
from forum.following.shapes_read_state import TopicWithPosts
from forum.following.topic_pages import read_topic_page
from forum.policy import ensure_can_change_topic, ensure_can_reply
from forum.posts.held_posts import read_own_held_posts
from forum.posts.post_pages import PageStart, read_posts, read_posts_by_id
from forum.posts.redirects import find_merge_target, find_moved_post
from forum.posts.shapes_held import HeldPost
from forum.posts.topic_place import TopicPlace, read_topic_place
from forum.shapes import NewReply, Post, PostPage, Topic
from forum.topics import status, topics
from forum.topics.page_validator import read_validator
from forum.writing.replies import Replies
from pages.forum.move_notes import notes_by_post, origins_of
from pages.forum.topic_view import PageRequest, address_of, describe_changes, facts_of, place_of, topic_facts
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, key_of, save_draft_in
from pages.forum.writing.language_fields import text_and_language_in
from pages.forum.writing.preview_fields import preview_of
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, idempotent_request, read_form, submit, text_in, to_shape
from pages.shell.renderer import appearance_in, html_response, redirect
from pages.shell.uploads import read_form_with_files
from storage.database import Reader
from storage.event_log import Stream

Number = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]
PathNumber = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]


@get("/t/{topic_id:int}", include_in_schema=False)
async def find_topic(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Redirect from a topic's number to its canonical path; raise NotFound."""
    actor = context.actor
    async with context.db.read() as tx:
        try:
            topic = await topics.show_topic(tx, actor, TopicId(topic_id), context.db.epoch)
        except NotFound:
            return redirect(await _current_address(tx, actor, TopicId(topic_id), None))
    return redirect(address_of(topic))


async def _current_address(tx: Reader, actor: Actor, topic_id: TopicId, number: int | None) -> str:
    # An old path leads to the moved post or the merged topic, if the actor can see it.
    post_id = await find_moved_post(tx, actor, topic_id, number) if number else None
    if post_id is not None:
        return f"/p/{post_id}"
    target = await find_merge_target(tx, topic_id)
    if target is None or number is not None:
        raise NotFound
    return address_of(await topics.show_topic(tx, actor, target, ""))


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
    """Show a page of a topic, from a cursor or a post number; with `branch`, only that branch."""
    # A cursor or a branch without an order comes from a page in tree order.
    chosen = "tree" if after or before or branch else context.actor.post_order
    start = PageStart(
        order=order or chosen, after=after, before=before, number=number or branch, branch=branch
    )
    return await _show(context, TopicId(topic_id), slug, PageRequest(start=start))


@get("/t/{topic_id:int}/{slug:str}/{number:int}", include_in_schema=False)
async def show_topic_at(
    topic_id: PathId,
    slug: FromPath[str],
    number: PathNumber,
    context: NamedDependency[PageContext],
    order: FromQuery[PostOrder | None] = None,
) -> Response[bytes]:
    """Show the page of a topic that contains a post."""
    start = PageStart(order=order or context.actor.post_order)
    return await _show(context, TopicId(topic_id), slug, PageRequest(start=start, number=number))


@get("/t/{topic_id:int}/{slug:str}/reply", include_in_schema=False)
async def show_reply(
    topic_id: PathId, slug: FromPath[str], context: NamedDependency[PageContext], draft: AskedKey = ""
) -> Response[bytes]:
    """Show the form that replies to a topic, with the member's draft."""
    actor = context.actor
    async with context.db.read() as tx:
        facts = await topics.get_topic(tx, actor, TopicId(topic_id))
        ensure_can_reply(actor, facts, clock.now())
        topic = await topics.show_topic(tx, actor, TopicId(topic_id), context.db.epoch)
        form = await draft_in(tx, actor, Form(draft=key_of(f"topic:{topic_id}", draft)))
    form.action, form.verb = f"/t/{topic_id}/reply", pgettext("verb", "Reply")
    return await _reply_page(context, topic, form)


@post("/t/{topic_id:int}/reply", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def post_reply(
    topic_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Reply to the topic, or show a preview, attach a file or save the draft, by the button."""
    typed, uploads = await read_form_with_files(context.request)
    actor, name = context.actor, f"topic:{topic_id}"
    async with context.db.read() as tx:
        current_id = await find_merge_target(tx, TopicId(topic_id)) or TopicId(topic_id)
        topic = await topics.show_topic(tx, actor, current_id, context.db.epoch)
    key = key_of(name, text_in(typed, "draft"))

    async def reply(form: Form) -> Response[bytes]:
        form.typed = await attach(replies, actor, form.typed, uploads)
        if text_in(form.typed, "keep"):
            return await save_draft_in(context, name, form.typed)
        new = to_shape(NewReply, text_and_language_in(form.typed) | {"draft": key})
        if text_in(form.typed, "preview") or text_in(form.typed, "attach"):
            form.preview = await preview_of(replies, actor, new.body, key)
            return await _reply_page(context, topic, form)
        idempotent = idempotent_request(context, form.typed)
        response = await replies.post_reply(actor, TopicId(topic_id), new, idempotent)
        if response.status == 202:
            return redirect(f"/held/{msgspec.json.decode(response.body, type=HeldPost).id}")
        sent = msgspec.json.decode(response.body, type=Post)
        path = f"{address_of(topic)}/{sent.number}#p{sent.number}"
        return redirect(path if sent.topic == topic.id else f"/p/{sent.id}")

    form = Form(action=f"/t/{topic_id}/reply", verb=pgettext("verb", "Reply"), draft=key, typed=typed)
    return await submit(form, reply, partial(_reply_page, context, topic), NO_STATUS)


async def _reply_page(context: PageContext, topic: Topic, form: Form, status: int = 200) -> Response[bytes]:
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/writing/write.html",
        status,
        heading=gettext("Reply to the topic"),
        above="",
        form=form,
        place="",
        steps=[(address_of(topic), topic.local_title, "")],
    )


@post("/t/{topic_id:int}/{slug:str}/lock", include_in_schema=False)
async def lock_topic(
    topic_id: PathId, slug: FromPath[str], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Lock or unlock a topic."""
    is_lock = text_in(await read_form(context.request), "lock") != "0"
    change = status.lock_topic if is_lock else status.unlock_topic
    async with context.db.begin() as tx:
        await change(tx, context.actor, TopicId(topic_id))
    return redirect(f"/t/{topic_id}/{slug}")


async def _show(context: PageContext, topic_id: TopicId, slug: str, asked: PageRequest) -> Response[bytes]:
    try:
        return await _show_current(context, topic_id, slug, asked)
    except NotFound:
        async with context.db.read() as tx:
            return redirect(await _current_address(tx, context.actor, topic_id, asked.number))


async def _show_current(
    context: PageContext, topic_id: TopicId, slug: str, asked: PageRequest
) -> Response[bytes]:
    if context.actor.id is None:
        return await _show_visitor(context, topic_id, slug, asked)
    async with context.db.read() as tx:
        found = await read_topic_page(tx, context.actor, topic_id, asked.start, context.db.epoch)
        page = await _render(context, tx, found, slug, asked)
    return page if isinstance(page, Response) else html_response(page)


async def _show_visitor(
    context: PageContext, topic_id: TopicId, slug: str, asked: PageRequest
) -> Response[bytes]:
    # All visitors see the same page: it is cached while the topic's log and the authors' names are unchanged. The address of
    # the page, which it says to search engines, may name the language.
    query = context.request.scope["query_string"]
    async with context.db.read() as tx:
        stream, validator = await read_validator(tx, context.actor, topic_id, context.db.epoch)
        appearance = appearance_in(context.request).code
        etag = f'"{context.renderer.version}{appearance}.{validator[1:]}'
        if etag_matches(context.request.headers.get("if-none-match"), etag):
            return html_response(b"", 304, {"ETag": etag})
        key = ("page", topic_id, slug, asked, context.renderer.address_of(context.request), bool(query))
        page: Response[bytes] | bytes | None = context.cache.get(key, etag)
        if page is None:
            found = await _find_cached(context, tx, asked, stream, etag)
            page = await _render(context, tx, found, slug, asked)
            if isinstance(page, bytes):
                context.cache.put(key, etag, page)
    return page if isinstance(page, Response) else html_response(page, headers={"ETag": etag})


async def _find_cached(
    context: PageContext, tx: Reader, asked: PageRequest, stream: Stream, etag: str
) -> TopicWithPosts:
    # The topic is the same on all its pages and has the same ETag: only the posts are read for each page.
    topic_id = TopicId(int(stream.channel.partition(":")[2]))
    kept = context.cache.get(("topic", topic_id), etag)
    if kept is None:
        found = await read_topic_page(tx, context.actor, topic_id, asked.start, context.db.epoch)
        context.cache.put(("topic", topic_id), etag, msgspec.json.encode((found.topic, found.has_begun)))
        return found
    topic, has_begun = msgspec.json.decode(kept, type=tuple[Topic, bool])
    posts = await read_posts(tx, context.actor, topic_id, asked.start, stream)
    return TopicWithPosts(topic, posts, has_begun=has_begun)


async def _render(
    context: PageContext, tx: Reader, found: TopicWithPosts, slug: str, asked: PageRequest
) -> Response[bytes] | bytes:
    actor, renderer, topic = context.actor, context.renderer, found.topic
    address = address_of(topic)
    if slug != address.rpartition("/")[2]:
        rest = f"/{asked.number}" if asked.number else ""
        query = context.request.url.query
        return redirect(f"{address}{rest}{'?' if query else ''}{query}")
    page = await _page_with(tx, actor, found, asked)
    facts = facts_of(found, await renderer.sector_id(tx, topic.sector))
    place = place_of(facts, address, actor, asked, page, renderer.groups, topic.answer)
    if topic.moves:
        notes = await notes_by_post(tx, actor, facts.id, place.may_move)
        place = replace(place, notes=notes, origins=await origins_of(tx, actor, page.items))
    may_translate = context.may_translate and actor.id is not None
    place = replace(place, read=found.own.read, may_translate=may_translate)
    changed = describe_changes(found.own.since, address)
    shown = topic_facts(topic, page, asked, place) | {"own": found.own, "held": [], "changed": changed}
    shown["map_place"] = await _place_of(tx, facts.id, page, asked)
    if found.own.holds:
        shown["held"] = (await read_own_held_posts(tx, actor, facts.id)).items
    shown["may_change"] = allowed(ensure_can_change_topic, actor, facts, clock.now())
    if topic.answer:
        answer = (await read_posts_by_id(tx, actor, [topic.answer])).get(topic.answer)
        shown |= {"answered": answer, "answer": answer and Markup(answer.html or "")}
    return renderer.render(
        context.request, actor, "forum/topics/topic.html", True, groups=renderer.groups_json, **shown
    )


async def _place_of(tx: Reader, topic_id: TopicId, page: PostPage, asked: PageRequest) -> TopicPlace:
    # All posts of most topics stand on one page, which says everything itself.
    if page.items and (page.previous or page.next or asked.start.branch):
        return await read_topic_place(tx, topic_id, page.items[0], asked.start.order)
    return TopicPlace(0, max((post.number for post in page.items), default=1))


async def _page_with(tx: Reader, actor: Actor, found: TopicWithPosts, asked: PageRequest) -> PostPage:
    # A short topic is shown as a whole; of a long one, the page that starts with the post.
    page = found.posts
    if asked.number is None or any(post.number == asked.number for post in page.items):
        return page
    if asked.number > found.topic.last_number:
        raise NotFound
    from_here = PageStart(order=asked.start.order, number=asked.number)
    page = await read_posts(tx, actor, TopicId(found.topic.id), from_here, page.stream)
    if page.items[:1] and page.items[0].number == asked.number:
        return page
    raise NotFound


routes = [find_topic, show_topic, show_topic_at, show_reply, post_reply, lock_topic]
