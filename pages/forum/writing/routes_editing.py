"""Editing a post: another text, what it said before and what changed, two who change it at once."""

from itertools import pairwise

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from core import clock
from core.actor import Actor
from core.errors import Refusal, Stale, allowed
from core.http import PathId, status_of
from core.ids import PostId, TopicId
from forum.policy import PostFacts, ensure_can_edit
from forum.shapes import PostChange, Revision
from forum.text.diff import compare
from forum.topics import topics
from forum.writing import editing, revisions, sources
from forum.writing.replies import Replies
from members.profiles.trust import LevelPermissions
from pages.forum.topic_view import address_of
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, key_of
from pages.forum.writing.preview_fields import preview_of
from pages.forum.writing.routes_posts import Spot, find_spot, keep_in, write_page
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, number_in, read_form, text_in, to_shape
from pages.shell.renderer import go_to, html_response
from pages.shell.uploads import read_form_with_files
from storage.database import Reader


@get("/p/{post_id:int}/edit", include_in_schema=False)
async def show_edit(
    post_id: PathId, context: NamedDependency[PageContext], draft: AskedKey = ""
) -> Response[bytes]:
    """The form that gives a post another text."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
        body, _ = await sources.find_source(tx, context.actor, PostId(post_id))
        form = await draft_in(tx, context.actor, Form(draft=key_of(f"edit:{post_id}", draft)))
    if not form.typed or not draft:
        form = Form(typed={"body": [body]}, draft=form.draft)
    form.version = spot.post.version
    return _edit_page(context, spot, form)


@post("/p/{post_id:int}/edit", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def edit_post(
    post_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Give a post another text, or look at how it will read."""
    typed, uploads = await read_form_with_files(context.request)
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
    version = number_in(text_in(typed, "version")) or spot.post.version
    name = f"edit:{post_id}"
    try:
        typed = await attach(replies, context.actor, typed, uploads)
        if text_in(typed, "keep"):
            return await keep_in(context, name, typed)
        facts = {"body": text_in(typed, "body"), "draft": key_of(name, text_in(typed, "draft"))}
        change = to_shape(PostChange, facts)
        if text_in(typed, "preview") or text_in(typed, "attach"):
            preview = await preview_of(replies, context.actor, change.body, name)
            return _edit_page(context, spot, Form(typed=typed, version=version, preview=preview))
        async with context.db.begin() as tx:
            changed = await editing.edit_post(
                tx, context.actor, PostId(post_id), change, version, replies.edit_rules(context.actor)
            )
    except Stale:
        return await _conflict_page(context, post_id, Form(typed=typed))
    except Refusal as refusal:
        # What was typed stays, and so does the version that it started from.
        form = Form(typed=typed, version=version).refuse(refusal)
        return _edit_page(context, spot, form, status_of(refusal))
    return go_to(spot.address if changed.held_edit is UNSET else f"/held/{post_id}")


@get("/p/{post_id:int}/history", include_in_schema=False)
async def show_history(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """All that a post has said, and what changed."""
    async with context.db.begin() as tx:
        found = (await revisions.read_revisions(tx, context.actor, PostId(post_id))).items
        spot = await find_spot(tx, context.actor, post_id)
        can_go_back = await _can_edit(tx, context.actor, spot)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/writing/history.html",
        post=spot.post,
        revisions=found,
        changes=_changes(found),
        can_go_back=can_go_back,
        address=address_of(spot.topic),
    )


@post("/p/{post_id:int}/back", include_in_schema=False)
async def go_back(
    post_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Let a post say again what it said at an older version."""
    context.actor.signed_in()
    version = number_in(text_in(await read_form(context.request), "version"))
    if version is None or version >= 2**31:
        raise BadButton
    async with context.db.begin() as tx:
        await editing.restore_revision(
            tx, context.actor, PostId(post_id), version, replies.edit_rules(context.actor)
        )
        spot = await find_spot(tx, context.actor, post_id)
    return go_to(spot.address)


def _changes(found: list[Revision]) -> list[list[object]]:
    # Each version against the one before it that is shown.
    return [list(compare(older.body, newer.body)) for newer, older in pairwise(found)]


async def _can_edit(tx: Reader, actor: Actor, spot: Spot) -> bool:
    topic = await topics.get_topic(tx, actor, TopicId(spot.topic.id))
    own = spot.post.author is not None and spot.post.author.id == actor.id
    facts = PostFacts(
        number=spot.post.number,
        author_id=None,
        is_own=own,
        state=spot.post.state,
        is_shared=spot.post.is_shared,
    )
    can = allowed(ensure_can_edit, actor, topic, facts, clock.now(), LevelPermissions())
    return can and spot.post.markup == "markdown"


async def _conflict_page(context: PageContext, post_id: int, form: Form) -> Response[bytes]:
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
        theirs, _ = await sources.find_source(tx, context.actor, PostId(post_id))
    form.version = spot.post.version
    form.action, form.verb, form.draft = f"/p/{post_id}/edit", "Save", f"edit:{post_id}"
    page = context.renderer.render(
        context.request,
        context.actor,
        "forum/writing/conflict.html",
        heading=f"Edit #{spot.post.number}",
        changes=compare(form.value("body"), theirs),
        form=form,
        place="",
        steps=[(spot.address, spot.topic.title, "")],
    )
    return html_response(page, 412)


def _edit_page(context: PageContext, spot: Spot, form: Form, status: int = 200) -> Response[bytes]:
    form.action, form.verb = f"/p/{spot.post.id}/edit", "Save"
    form.draft = form.draft or key_of(f"edit:{spot.post.id}", form.value("draft"))
    return write_page(context, spot, form, f"Edit #{spot.post.number}", status, with_post=False)


routes = [show_edit, edit_post, show_history, go_back]
