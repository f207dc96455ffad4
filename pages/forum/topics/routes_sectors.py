"""The page of a sector, and the form that starts a topic there."""

from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from boards.lookup.board_queries import read_boards
from core import clock
from core.errors import allowed, every_refusal
from core.http import Cursor
from core.ids import SectorId
from core.languages.texts import gettext
from forum.following.following import show_sector_following
from forum.following.unread import count_unread_by_sector, find_unread_marks
from forum.policy import ensure_can_start_topic
from forum.posts.shapes_held import HeldPost
from forum.search.similar import find_similar_topics
from forum.sectors import get_sector
from forum.shapes import NewTopic, Topic, TopicOrder
from forum.tags.names import ensure_tags_valid
from forum.tags.tags import read_tags
from forum.topics.listing import read_topics
from forum.writing.creation import create_topic
from forum.writing.replies import Replies
from gatherings.gatherings import read_gatherings
from pages.forum.topics.routes_tags import by_group, tags_in
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, key_of, save_draft_in
from pages.forum.writing.language_fields import text_and_language_in
from pages.forum.writing.preview_fields import preview_of
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, Typed, idempotent_request, submit, text_in, to_shape
from pages.shell.layout import Community
from pages.shell.renderer import redirect
from pages.shell.uploads import read_form_with_files
from pages.shell.urls import topic_address

_NEXT_GATHERINGS = 3
_LATEST_BOARDS = 5

Tag = Annotated[str | None, QueryParameter(max_length=60)]


@get("/s/{slug:str}", include_in_schema=False)
async def show_sector(
    slug: FromPath[str],
    context: NamedDependency[PageContext],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
    tag: Tag = None,
) -> Response[bytes]:
    """Show a sector: its topics in the chosen order, its next events, its boards, and the unread count."""
    actor = context.actor
    async with context.db.read() as tx:
        sector = await get_sector(tx, slug)
        page = await read_topics(tx, actor, context.db.epoch, SectorId(sector.id), order, after, tag)
        coming = (await read_gatherings(tx, "upcoming", slug, count=_NEXT_GATHERINGS)).items
        boards = (await read_boards(tx, actor, slug, context.db.epoch)).items[:_LATEST_BOARDS]
        marks = await find_unread_marks(tx, actor, [topic.id for topic in (*page.pinned, *page.items)])
        following = None if actor.id is None else await show_sector_following(tx, actor, slug)
        left = (await count_unread_by_sector(tx, actor)).get(slug)
    can_start = allowed(ensure_can_start_topic, actor, SectorId(sector.id), clock.now())
    return context.renderer.page(
        context.request,
        actor,
        "forum/topics/sector.html",
        sector=sector,
        page=page,
        order=order,
        tag=tag,
        can_start=can_start,
        gatherings=coming,
        boards=boards,
        marks=marks,
        left=left,
        following=following,
        can_begin=actor.moderates_in(SectorId(sector.id)),
    )


@get("/s/{slug:str}/new", include_in_schema=False)
async def show_new_topic(
    slug: FromPath[str], context: NamedDependency[PageContext], draft: AskedKey = ""
) -> Response[bytes]:
    """Show the form that starts a topic, with the member's draft."""
    async with context.db.read() as tx:
        ensure_can_start_topic(context.actor, await context.renderer.sector_id(tx, slug), clock.now())
        form = await draft_in(tx, context.actor, Form(draft=key_of(f"new:{slug}", draft)))
    return await _form_page(context, slug, form)


@post("/s/{slug:str}/new", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def start_topic(
    slug: FromPath[str], context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Start a topic, or show a preview, attach a file or save the draft, by the button."""
    typed, uploads = await read_form_with_files(context.request)
    name, actor = f"new:{slug}", context.actor
    key = key_of(name, text_in(typed, "draft"))

    async def start(form: Form) -> Response[bytes]:
        form.typed = await attach(replies, actor, form.typed, uploads)
        if text_in(form.typed, "keep"):
            return await save_draft_in(context, name, form.typed)
        new = _topic_in(form.typed, key, context.renderer.community)
        # Of the text as it was typed, this counts the files; the links are counted when it is rendered to be posted.
        replies.ensure_within_rights(actor, new.body)
        if text_in(form.typed, "preview") or text_in(form.typed, "attach"):
            form.preview = await preview_of(replies, actor, new.body, key)
            return await _form_page(context, slug, form)
        idempotent = idempotent_request(context, form.typed)
        response = await create_topic(context.db, replies, actor, slug, new, idempotent)
        if response.status == 202:
            return redirect(f"/held/{msgspec.json.decode(response.body, type=HeldPost).id}")
        topic = msgspec.json.decode(response.body, type=Topic)
        return redirect(topic_address(topic.id, topic.title))

    form = Form(typed=typed, draft=key)
    return await submit(form, start, partial(_form_page, context, slug), NO_STATUS)


async def _form_page(context: PageContext, slug: str, form: Form, status: int = 200) -> Response[bytes]:
    actor = context.actor
    languages = tuple(sorted(context.renderer.community.languages))
    async with context.db.read() as tx:
        sector = await get_sector(tx, slug)
        # Only in the preview; with scripts the page asks for similar topics while the member types.
        title = form.value("title") if form.preview else ""
        similar = (await find_similar_topics(tx, actor, title, languages)).items
        offered = by_group(await read_tags(tx, actor))
    kinds = [
        ("discussion", gettext("A discussion")),
        ("question", gettext("A question that needs an answer")),
    ]
    if actor.moderates_in(SectorId(sector.id)):
        kinds.append(("announcement", gettext("An announcement")))
    facts = {"sector": sector, "form": form, "kinds": kinds, "similar": similar, "offered": offered}
    return context.renderer.page(context.request, actor, "forum/topics/new_topic.html", status, **facts)


def _topic_in(typed: Typed, key: str, community: Community) -> NewTopic:
    facts = text_and_language_in(typed) | {"title": text_in(typed, "title"), "draft": key}
    kind, tags = text_in(typed, "kind") or "discussion", tags_in(typed, community)
    with every_refusal() as each:
        with each.check():
            ensure_tags_valid(tags)
        return to_shape(NewTopic, facts | {"tags": tags, "kind": kind})


routes = [show_sector, show_new_topic, start_topic]
