"""A sector's page, and starting a topic there."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from boards.lookup.board_queries import read_boards
from core import clock
from core.actor import Actor
from core.errors import Refusal, allowed
from core.http import Cursor, status_of
from core.ids import SectorId
from forum.following.following import show_sector_following
from forum.following.unread import count_unread_by_sector, find_unread_marks
from forum.policy import ensure_can_start_topic
from forum.posts.shapes_held import HeldPost
from forum.search.similar import find_similar_topics
from forum.sectors import get_sector
from forum.shapes import NewTopic, Topic, TopicOrder
from forum.tags.tags import read_tags
from forum.topics.listing import read_topics
from forum.writing.creation import create_topic
from forum.writing.replies import Replies
from gatherings.gatherings import read_gatherings
from pages.forum.topics.routes_tags import by_group, tags_in
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, keep_draft, key_of
from pages.forum.writing.preview_fields import preview_of
from pages.shell.forms import Form, Typed, once_of, text_in, to_shape
from pages.shell.renderer import AnyRequest, Renderer, go_to
from pages.shell.uploads import read_form_with_files
from pages.shell.urls import topic_address
from storage.database import Database

_NEXT = 3
_BOARDS = 5

Tag = Annotated[str | None, QueryParameter(max_length=60)]


@get("/s/{slug:str}", include_in_schema=False)
async def show_sector(
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
    tag: Tag = None,
) -> Response[bytes]:
    """A sector: its topics, by latest activity, newest or most discussed, and what is next in it."""
    async with db.read() as tx:
        sector = await get_sector(tx, slug)
        page = await read_topics(tx, actor, db.epoch, SectorId(sector.id), order, after, tag)
        coming = (await read_gatherings(tx, "upcoming", slug, count=_NEXT)).items
        boards = (await read_boards(tx, actor, slug, db.epoch)).items[:_BOARDS]
        marks = await find_unread_marks(tx, actor, [topic.id for topic in (*page.pinned, *page.items)])
        following = None if actor.id is None else await show_sector_following(tx, actor, slug)
        left = (await count_unread_by_sector(tx, actor)).get(slug)
    can_start = allowed(ensure_can_start_topic, actor, SectorId(sector.id), clock.now())
    return renderer.page(
        request,
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
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    draft: AskedKey = "",
) -> Response[bytes]:
    """The form that starts a topic."""
    async with db.read() as tx:
        ensure_can_start_topic(actor, await renderer.sector_id(tx, slug), clock.now())
        form = await draft_in(tx, actor, Form(draft=key_of(f"new:{slug}", draft)))
    return await _show_form(renderer, request, actor, db, slug, form)


@post("/s/{slug:str}/new", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def start_topic(
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Start a topic, or look at how it will read."""
    typed, uploads = await read_form_with_files(request)
    name = f"new:{slug}"
    key = key_of(name, text_in(typed, "draft"))
    try:
        typed = await attach(replies, actor, typed, uploads)
        if text_in(typed, "keep"):
            async with db.begin() as tx:
                await keep_draft(tx, actor, name, typed)
            return go_to("/drafts", done="kept")
        new = _new_topic(typed, key)
        replies.ensure_within_rights(actor, new.body)
        if text_in(typed, "preview") or text_in(typed, "attach"):
            shown = await preview_of(replies, actor, new.body, key)
            form = Form(typed=typed, draft=key, preview=shown)
            return await _show_form(renderer, request, actor, db, slug, form)
        answer = await create_topic(db, replies, actor, slug, new, once_of(request, actor, typed))
    except Refusal as refusal:
        form = Form(typed=typed, draft=key).refuse(refusal)
        return await _show_form(renderer, request, actor, db, slug, form, status_of(refusal))
    if answer.status == 202:
        return go_to(f"/held/{msgspec.json.decode(answer.body, type=HeldPost).id}")
    topic = msgspec.json.decode(answer.body, type=Topic)
    return go_to(topic_address(topic.id, topic.title))


async def _show_form(
    renderer: Renderer,
    request: AnyRequest,
    actor: Actor,
    db: Database,
    slug: str,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    languages = tuple(sorted(renderer.community.languages))
    async with db.read() as tx:
        sector = await get_sector(tx, slug)
        # While it is only looked at; with a script it is asked as one types.
        asked = form.value("title") if form.preview else ""
        similar = (await find_similar_topics(tx, actor, asked, languages)).items
        offered = by_group(await read_tags(tx, actor))
    kinds = [("discussion", "A discussion"), ("question", "A question, to be answered")]
    if actor.moderates_in(SectorId(sector.id)):
        kinds.append(("announcement", "An announcement"))
    facts = {"sector": sector, "form": form, "kinds": kinds, "similar": similar, "offered": offered}
    return renderer.page(request, actor, "forum/topics/new_topic.html", status, **facts)


def _new_topic(typed: Typed, key: str) -> NewTopic:
    facts = {"title": text_in(typed, "title"), "body": text_in(typed, "body"), "draft": key}
    kind = text_in(typed, "kind") or "discussion"
    return to_shape(NewTopic, facts | {"tags": tags_in(typed), "kind": kind})


routes = [show_sector, show_new_topic, start_topic]
