"""Tags on pages: all of them, one with its topics, and what those who moderate do with them."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core import clock
from core.actor import Actor
from core.errors import Refusal, allowed
from core.http import Cursor, PathId, status_of
from core.ids import TopicId
from forum.following.following import show_tag_following
from forum.following.unread import find_unread_marks
from forum.policy import ensure_can_change_topic
from forum.shapes import TopicChange, TopicOrder
from forum.tags import groups as tag_groups
from forum.tags import tags
from forum.tags.policy import ensure_can_manage_tags
from forum.tags.routes import PathTag
from forum.tags.shapes import NewSynonym, NewTagGroup, Tag, TagChange, TagGroup, TagGroupChange, TagList
from forum.tags.synonyms import remove_synonym
from forum.topics import settings, topics
from forum.topics.listing import read_tagged
from forum.writing.replies import Replies
from pages.forum.topic_view import address_of
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from storage.database import Transaction

Deed = Callable[[Transaction, Actor, Typed], Awaitable[object]]
TagDeed = Callable[[Transaction, Actor, str, Typed], Awaitable[str]]


@get("/tags", include_in_schema=False)
async def show_tags(context: NamedDependency[PageContext]) -> Response[bytes]:
    """All tags, by their groups."""
    return await _show_all(context, Form())


@post("/tags", include_in_schema=False)
async def tend_groups(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Make, change or remove a group."""
    typed = await read_form(context.request)
    deed = _GROUP_DEEDS.get(text_in(typed, "deed"))
    if deed is None:
        context.actor.signed_in()
        raise BadButton
    try:
        async with context.db.begin() as tx:
            await deed(tx, context.actor, typed)
    except Refusal as refusal:
        if (status := status_of(refusal)) in (401, 403, 404):
            raise
        return await _show_all(context, Form(typed=typed).refuse(refusal), status)
    return go_to("/tags", done="saved")


@get("/tags/{tag:str}", include_in_schema=False)
async def show_tag(
    tag: FromPath[PathTag],
    context: NamedDependency[PageContext],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
) -> Response[bytes]:
    """A tag and the topics that have it; a name that stands for another leads there."""
    async with context.db.read() as tx:
        found = (await tags.show_tag(tx, context.actor, tag)).tag
    if found.name != tag:
        return go_to(f"/tags/{found.name}")
    return await _show_one(context, tag, Form(), order=order, after=after)


@post("/tags/{tag:str}", include_in_schema=False)
async def tend_tag(tag: FromPath[PathTag], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change a tag, join it with another, or remove it."""
    typed = await read_form(context.request)
    deed = _TAG_DEEDS.get(text_in(typed, "deed"))
    if deed is None:
        context.actor.signed_in()
        raise BadButton
    try:
        async with context.db.begin() as tx:
            address = await deed(tx, context.actor, tag, typed)
    except Refusal as refusal:
        if (status := status_of(refusal)) in (401, 403, 404):
            raise
        return await _show_one(context, tag, Form(typed=typed).refuse(refusal), status)
    return go_to(address, done="saved")


@get("/change/{topic_id:int}", include_in_schema=False)
async def show_change(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """The form that changes title and tags of a topic."""
    async with context.db.read() as tx:
        facts = await topics.get_topic(tx, context.actor, TopicId(topic_id))
        ensure_can_change_topic(context.actor, facts, clock.now())
        topic = await topics.show_topic(tx, context.actor, TopicId(topic_id), context.db.epoch)
    typed = {"title": [topic.title], "tags": [" ".join(topic.tags)]}
    return await _show_change(context, topic_id, Form(typed=typed, version=topic.version))


@post("/change/{topic_id:int}", include_in_schema=False)
async def change_topic(
    topic_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Change title and tags."""
    typed = await read_form(context.request)
    version = number_in(text_in(typed, "version"))
    try:
        words = {"title": text_in(typed, "title"), "tags": tags_in(typed)}
        change = to_shape(TopicChange, words)
        async with context.db.begin() as tx:
            await settings.change_topic(tx, context.actor, TopicId(topic_id), change, version, replies.screen)
    except Refusal as refusal:
        if (status := status_of(refusal)) in (401, 403, 404):
            raise
        form = Form(typed=typed, version=version).refuse(refusal)
        return await _show_change(context, topic_id, form, status)
    return go_to(f"/t/{topic_id}", done="saved")


def tags_in(typed: Typed) -> list[str]:
    """Tags as they were typed: words, with blanks or commas between them."""
    return text_in(typed, "tags").replace(",", " ").lower().split()


async def _show_change(context: PageContext, topic_id: int, form: Form, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        topic = await topics.show_topic(tx, context.actor, TopicId(topic_id), context.db.epoch)
        listed = await tags.read_tags(tx, context.actor)
    if form.version is None or status == 412:
        form.version = topic.version
    offered = by_group(listed)
    facts = {"topic": topic, "address": address_of(topic), "form": form, "offered": offered}
    return context.renderer.page(
        context.request, context.actor, "forum/topics/topic_change.html", status, **facts
    )


async def _show_all(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        listed = await tags.read_tags(tx, context.actor)
    facts = {
        "groups": by_group(listed),
        "form": form,
        "keeps": allowed(ensure_can_manage_tags, context.actor),
    }
    return context.renderer.page(context.request, context.actor, "forum/topics/tags.html", status, **facts)


async def _show_one(
    context: PageContext,
    name: str,
    form: Form,
    status: int = 200,
    *,
    order: TopicOrder = "active",
    after: str | None = None,
) -> Response[bytes]:
    async with context.db.read() as tx:
        facts = await tags.show_tag(tx, context.actor, name)
        found, following_page = await read_tagged(tx, context.actor, facts.tag.name, order, after)
        marks = await find_unread_marks(tx, context.actor, [topic.id for topic in found])
        following = (
            None if context.actor.id is None else await show_tag_following(tx, context.actor, facts.tag.name)
        )
        groups = await tag_groups.read_groups(tx)
    tag = facts.tag
    if not form.typed:
        form.typed = {"name": [tag.name], "about": [tag.about], "group": [str(tag.group or "")]}
    given: dict[str, Any] = {
        "tag": tag,
        "related": facts.related,
        "group": next((one for one in groups if one.id == tag.group), None),
        "groups": [(one.id, one.name) for one in groups],
        "topics": found,
        "marks": marks,
        "order": order,
        "next": following_page and "?" + urlencode({"order": order, "after": following_page}),
        "following": following,
        "keeps": allowed(ensure_can_manage_tags, context.actor),
        "form": form,
    }
    return context.renderer.page(context.request, context.actor, "forum/topics/tag.html", status, **given)


def by_group(listed: TagList) -> list[tuple[TagGroup | None, list[Tag]]]:
    """The tags by their groups, those in none last; the most used first."""
    places: dict[int | None, list[Tag]] = {group.id: [] for group in listed.groups}
    places[None] = []
    for tag in sorted(listed.items, key=lambda one: (-one.topics, one.name)):
        places[tag.group].append(tag)
    return [(group, places[group.id]) for group in listed.groups] + [(None, places[None])]


def _id_in(typed: Typed) -> int:
    if (number := number_in(text_in(typed, "group"))) is None:
        raise BadButton
    return number


def _holds(typed: Typed) -> dict[str, bool]:
    return {name: name in typed.get("holds", ()) for name in ("one_only", "for_moderators")}


async def _make_group(tx: Transaction, actor: Actor, typed: Typed) -> object:
    ensure_can_manage_tags(actor)
    new = to_shape(NewTagGroup, {"name": text_in(typed, "name"), **_holds(typed)})
    return await tag_groups.create_group(tx, actor, new)


async def _change_group(tx: Transaction, actor: Actor, typed: Typed) -> object:
    ensure_can_manage_tags(actor)
    change = to_shape(TagGroupChange, {"name": text_in(typed, "name"), **_holds(typed)})
    return await tag_groups.change_group(tx, actor, _id_in(typed), change)


async def _remove_group(tx: Transaction, actor: Actor, typed: Typed) -> None:
    ensure_can_manage_tags(actor)
    await tag_groups.delete_group(tx, actor, _id_in(typed))


async def _change(tx: Transaction, actor: Actor, tag: str, typed: Typed) -> str:
    ensure_can_manage_tags(actor)
    words = {name: text_in(typed, name) for name in ("name", "about")}
    group = number_in(text_in(typed, "group"))
    facts = await tags.change_tag(tx, actor, tag, to_shape(TagChange, words | {"group": group}))
    return f"/tags/{facts.tag.name}"


async def _join(tx: Transaction, actor: Actor, tag: str, typed: Typed) -> str:
    ensure_can_manage_tags(actor)
    of = to_shape(NewSynonym, {"of": text_in(typed, "of").strip().lower()}).of
    return f"/tags/{(await tags.make_synonym(tx, actor, tag, of)).tag.name}"


async def _part(tx: Transaction, actor: Actor, tag: str, typed: Typed) -> str:
    ensure_can_manage_tags(actor)
    await remove_synonym(tx, actor, to_shape(NewSynonym, {"of": text_in(typed, "synonym")}).of)
    return f"/tags/{tag}"


async def _remove(tx: Transaction, actor: Actor, tag: str, _: Typed) -> str:
    await tags.delete_tag(tx, actor, tag)
    return "/tags"


_GROUP_DEEDS: dict[str, Deed] = {"make": _make_group, "change": _change_group, "remove": _remove_group}
_TAG_DEEDS: dict[str, TagDeed] = {"change": _change, "join": _join, "part": _part, "remove": _remove}

routes = [show_tags, tend_groups, show_tag, tend_tag, show_change, change_topic]
