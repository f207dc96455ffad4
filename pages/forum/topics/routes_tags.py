"""Pages of all tags and of one tag, on which moderators manage tags; and the form for a topic's title and tags."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core import clock
from core.actor import Actor
from core.errors import allowed, every_refusal
from core.http import Cursor, PathId
from core.ids import TopicId
from forum.following.following import show_tag_following
from forum.following.unread import find_unread_marks
from forum.policy import ensure_can_change_topic
from forum.shapes import TopicChange, TopicOrder
from forum.tags import groups as tag_groups
from forum.tags import tags
from forum.tags.names import ensure_tags_valid, split_tags, tag_of, tag_url
from forum.tags.policy import ensure_can_manage_tags
from forum.tags.routes import PathTag
from forum.tags.shapes import NewSynonym, NewTagGroup, Tag, TagChange, TagGroup, TagGroupChange, TagList
from forum.tags.synonyms import remove_synonym
from forum.topics import settings, topics
from forum.topics.listing import read_tagged
from forum.writing.replies import Replies
from pages.forum.topic_view import address_of
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, form_of, number_in, submit, text_in, to_shape
from pages.shell.layout import Community, typed_tag
from pages.shell.renderer import redirect
from storage.database import Transaction

GroupAction = Callable[[Transaction, Actor, Typed], Awaitable[object]]
# A tag action returns the path of the page to show next.
TagAction = Callable[[Transaction, Actor, str, Typed], Awaitable[str]]
# Refusals that the forms of this module do not show: the error page does.
_LET_THROUGH = (401, 403, 404)


@get("/tags", include_in_schema=False)
async def show_tags(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show all tags by group."""
    return await _tags_page(context, Form())


@post("/tags", include_in_schema=False)
async def manage_groups(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Create, change or remove a group of tags."""
    form = await form_of(context)
    action = _GROUP_ACTIONS.get(form.value("deed"))
    if action is None:
        context.actor.signed_in()
        raise BadButton

    async def manage(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            await action(tx, context.actor, form.typed)
        return redirect("/tags", done="saved")

    return await submit(form, manage, partial(_tags_page, context), _LET_THROUGH)


@get("/tags/{tag:str}", include_in_schema=False)
async def show_tag(
    tag: FromPath[PathTag],
    context: NamedDependency[PageContext],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
) -> Response[bytes]:
    """Show a tag and its topics; a synonym redirects to its tag."""
    async with context.db.read() as tx:
        found = (await tags.show_tag(tx, context.actor, tag)).tag
    if found.name != tag:
        return redirect(tag_url(found.name))
    return await _tag_page(context, tag, Form(), order=order, after=after)


@post("/tags/{tag:str}", include_in_schema=False)
async def manage_tag(tag: FromPath[PathTag], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change a tag, merge it with another, or remove it."""
    form = await form_of(context)
    action = _TAG_ACTIONS.get(form.value("deed"))
    if action is None:
        context.actor.signed_in()
        raise BadButton

    async def manage(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            address = await action(tx, context.actor, tag, form.typed)
        return redirect(address, done="saved")

    form.names = {"tags": "of" if form.value("deed") == "join" else "name"}
    return await submit(form, manage, partial(_tag_page, context, tag), _LET_THROUGH)


@get("/change/{topic_id:int}", include_in_schema=False)
async def show_change(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that changes the title and the tags of a topic."""
    async with context.db.read() as tx:
        facts = await topics.get_topic(tx, context.actor, TopicId(topic_id))
        ensure_can_change_topic(context.actor, facts, clock.now())
        topic = await topics.show_topic(tx, context.actor, TopicId(topic_id), context.db.epoch)
    names = context.renderer.community.tags
    typed = {
        "title": [topic.title],
        "tags": [", ".join(typed_tag(names.get(one, one)) for one in topic.tags)],
    }
    return await _change_page(context, topic_id, Form(typed=typed, version=topic.version))


@post("/change/{topic_id:int}", include_in_schema=False)
async def change_topic(
    topic_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Change the title and the tags of a topic."""

    async def change(form: Form) -> Response[bytes]:
        title = text_in(form.typed, "title")
        tags = tags_in(form.typed, context.renderer.community)
        with every_refusal() as each:
            with each.check():
                ensure_tags_valid(tags)
            wanted = to_shape(TopicChange, {"title": title, "tags": tags})
        replies.ensure_within_rights(context.actor, "", title)
        async with context.db.begin() as tx:
            await settings.change_topic(
                tx, context.actor, TopicId(topic_id), wanted, form.version, replies.screen
            )
        return redirect(f"/t/{topic_id}", done="saved")

    form = await form_of(context)
    form.version = number_in(form.value("version"))
    return await submit(form, change, partial(_change_page, context, topic_id), _LET_THROUGH)


def tags_in(typed: Typed, community: Community) -> list[str]:
    """Return the tags of a form, which commas separate, as they were typed; those of the community file by their name."""
    names = {typed_tag(local): name for name, local in community.tags.items()}
    return [names.get(typed_tag(one), one) for one in split_tags(text_in(typed, "tags"))]


async def _change_page(context: PageContext, topic_id: int, form: Form, status: int = 200) -> Response[bytes]:
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


async def _tags_page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        listed = await tags.read_tags(tx, context.actor)
    facts = {
        "groups": by_group(listed),
        "form": form,
        "keeps": allowed(ensure_can_manage_tags, context.actor),
    }
    return context.renderer.page(context.request, context.actor, "forum/topics/tags.html", status, **facts)


async def _tag_page(
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
    tag, names = facts.tag, context.renderer.community.tag_groups
    if not form.typed:
        form.typed = {"name": [tag.name], "about": [tag.about], "group": [str(tag.group or "")]}
    given: dict[str, Any] = {
        "tag": tag,
        "related": facts.related,
        "group": next((one for one in groups if one.id == tag.group), None),
        "groups": [(one.id, names.get(one.name, one.name)) for one in groups],
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
    """Return the tags of each group, most used first; the tags without a group come last, under None."""
    tags_by_group: dict[int | None, list[Tag]] = {group.id: [] for group in listed.groups}
    tags_by_group[None] = []
    for tag in sorted(listed.items, key=lambda one: (-one.topics, one.name)):
        tags_by_group[tag.group].append(tag)
    return [(group, tags_by_group[group.id]) for group in listed.groups] + [(None, tags_by_group[None])]


def _group_id_in(typed: Typed) -> int:
    if (number := number_in(text_in(typed, "group"))) is None:
        raise BadButton
    return number


def _group_rules_in(typed: Typed) -> dict[str, bool]:
    return {name: name in typed.get("holds", ()) for name in ("one_only", "for_moderators")}


async def _create_group(tx: Transaction, actor: Actor, typed: Typed) -> object:
    ensure_can_manage_tags(actor)
    new = to_shape(NewTagGroup, {"name": text_in(typed, "name"), **_group_rules_in(typed)})
    return await tag_groups.create_group(tx, actor, new)


async def _change_group(tx: Transaction, actor: Actor, typed: Typed) -> object:
    ensure_can_manage_tags(actor)
    change = to_shape(TagGroupChange, {"name": text_in(typed, "name"), **_group_rules_in(typed)})
    return await tag_groups.change_group(tx, actor, _group_id_in(typed), change)


async def _remove_group(tx: Transaction, actor: Actor, typed: Typed) -> None:
    ensure_can_manage_tags(actor)
    await tag_groups.delete_group(tx, actor, _group_id_in(typed))


async def _change_tag(tx: Transaction, actor: Actor, tag: str, typed: Typed) -> str:
    ensure_can_manage_tags(actor)
    words = {name: text_in(typed, name) for name in ("name", "about")}
    group = number_in(text_in(typed, "group"))
    with every_refusal() as each:
        with each.check():
            tag_of(words["name"])
        change = to_shape(TagChange, words | {"group": group})
    facts = await tags.change_tag(tx, actor, tag, change)
    return tag_url(facts.tag.name)


async def _merge_tag(tx: Transaction, actor: Actor, tag: str, typed: Typed) -> str:
    ensure_can_manage_tags(actor)
    of = to_shape(NewSynonym, {"of": text_in(typed, "of")}).of
    return tag_url((await tags.make_synonym(tx, actor, tag, of)).tag.name)


async def _delete_synonym(tx: Transaction, actor: Actor, tag: str, typed: Typed) -> str:
    ensure_can_manage_tags(actor)
    await remove_synonym(tx, actor, to_shape(NewSynonym, {"of": text_in(typed, "synonym")}).of)
    return tag_url(tag)


async def _remove_tag(tx: Transaction, actor: Actor, tag: str, _: Typed) -> str:
    await tags.delete_tag(tx, actor, tag)
    return "/tags"


# The actions of the buttons, by the value of the field `deed`.
_GROUP_ACTIONS: dict[str, GroupAction] = {
    "make": _create_group,
    "change": _change_group,
    "remove": _remove_group,
}
_TAG_ACTIONS: dict[str, TagAction] = {
    "change": _change_tag,
    "join": _merge_tag,
    "part": _delete_synonym,
    "remove": _remove_tag,
}

routes = [show_tags, manage_groups, show_tag, manage_tag, show_change, change_topic]
