"""Pages for editing a post, its history, and merging two edits that conflict."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET

from core import clock
from core.actor import Actor
from core.errors import Stale, allowed
from core.http import PathId
from core.ids import PostId, TopicId
from core.isolation import TEXTS
from core.languages.texts import gettext
from forum.policy import PostFacts, ensure_can_edit
from forum.shapes import PostChange
from forum.text.diff import compare, compare_versions
from forum.topics import topics
from forum.writing import editing, revisions, sources
from forum.writing.replies import Replies
from members.profiles.trust import LevelPermissions
from pages.forum.topic_view import address_of
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, key_of, save_draft_in
from pages.forum.writing.language_fields import text_and_language_in
from pages.forum.writing.preview_fields import preview_of
from pages.forum.writing.routes_posts import LocatedPost, find_post_with_topic, write_page
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, BadButton, Form, number_in, read_form, submit, text_in, to_shape
from pages.shell.renderer import html_response, redirect
from pages.shell.uploads import read_form_with_files
from storage.database import Reader


@get("/p/{post_id:int}/edit", include_in_schema=False)
async def show_edit(
    post_id: PathId, context: NamedDependency[PageContext], draft: AskedKey = ""
) -> Response[bytes]:
    """Show the form that edits a post, with the member's draft."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
        body, _ = await sources.find_source(tx, context.actor, PostId(post_id))
        form = await draft_in(tx, context.actor, Form(draft=key_of(f"edit:{post_id}", draft)))
    if not form.typed or not draft:
        form = Form(typed={"body": [body]}, draft=form.draft)
    form.version = located.post.version
    return await _edit_page(context, located, form)


@post("/p/{post_id:int}/edit", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def edit_post(
    post_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Edit a post, or show a preview, attach a file or save the draft, by the button."""
    typed, uploads = await read_form_with_files(context.request)
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
    # The form keeps the version from which the edit started, also when it is shown again.
    version = number_in(text_in(typed, "version")) or located.post.version
    name = f"edit:{post_id}"

    async def edit(form: Form) -> Response[bytes]:
        form.typed = await attach(replies, context.actor, form.typed, uploads)
        if text_in(form.typed, "keep"):
            return await save_draft_in(context, name, form.typed)
        draft = key_of(name, text_in(form.typed, "draft"))
        change = to_shape(PostChange, text_and_language_in(form.typed) | {"draft": draft})
        if text_in(form.typed, "preview") or text_in(form.typed, "attach"):
            form.preview = await preview_of(replies, context.actor, change.body, name)
            return await _edit_page(context, located, form)
        try:
            async with context.db.begin() as tx:
                changed = await editing.edit_post(
                    tx, context.actor, PostId(post_id), change, version, replies.edit_rules(context.actor)
                )
        except Stale:
            return await _conflict_page(context, post_id, Form(typed=form.typed))
        return redirect(located.address if changed.held_edit is UNSET else f"/held/{post_id}")

    form = Form(typed=typed, version=version)
    return await submit(form, edit, partial(_edit_page, context, located), NO_STATUS)


@get("/p/{post_id:int}/history", include_in_schema=False)
async def show_history(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the revisions of a post and their differences."""
    async with context.db.begin() as tx:
        found = (await revisions.read_revisions(tx, context.actor, PostId(post_id))).items
        located = await find_post_with_topic(tx, context.actor, post_id)
        can_go_back = await _can_edit(tx, context.actor, located)
    page = context.renderer.render(
        context.request,
        context.actor,
        "forum/writing/history.html",
        post=located.post,
        revisions=found,
        changes=await TEXTS.call(compare_versions, [one.body for one in found]),
        can_go_back=can_go_back,
        address=address_of(located.topic),
    )
    # Everybody who reads the post can look up what it said before, but search engines should not find it by that.
    return html_response(page, headers={"X-Robots-Tag": "noindex"})


@post("/p/{post_id:int}/back", include_in_schema=False)
async def restore_revision(
    post_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Restore an older revision of a post."""
    context.actor.signed_in()
    version = number_in(text_in(await read_form(context.request), "version"))
    if version is None or version >= 2**31:
        raise BadButton
    async with context.db.begin() as tx:
        await editing.restore_revision(
            tx, context.actor, PostId(post_id), version, replies.edit_rules(context.actor)
        )
        located = await find_post_with_topic(tx, context.actor, post_id)
    return redirect(located.address)


async def _can_edit(tx: Reader, actor: Actor, located: LocatedPost) -> bool:
    topic = await topics.get_topic(tx, actor, TopicId(located.topic.id))
    own = located.post.author is not None and located.post.author.id == actor.id
    facts = PostFacts(
        number=located.post.number,
        author_id=None,
        is_own=own,
        state=located.post.state,
        is_shared=located.post.is_shared,
    )
    can = allowed(ensure_can_edit, actor, topic, facts, clock.now(), LevelPermissions())
    return can and located.post.markup == "markdown"


async def _conflict_page(context: PageContext, post_id: int, form: Form) -> Response[bytes]:
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
        theirs, _ = await sources.find_source(tx, context.actor, PostId(post_id))
    form.version = located.post.version
    form.action, form.verb, form.draft = f"/p/{post_id}/edit", gettext("Save"), f"edit:{post_id}"
    page = context.renderer.render(
        context.request,
        context.actor,
        "forum/writing/conflict.html",
        heading=_heading(located),
        changes=await TEXTS.call(compare, form.value("body"), theirs),
        form=form,
        place="",
        steps=[(located.address, located.topic.local_title, "")],
    )
    return html_response(page, 412)


async def _edit_page(
    context: PageContext, located: LocatedPost, form: Form, status: int = 200
) -> Response[bytes]:
    form.action, form.verb = f"/p/{located.post.id}/edit", gettext("Save")
    form.draft = form.draft or key_of(f"edit:{located.post.id}", form.value("draft"))
    return write_page(context, located, form, _heading(located), status, with_post=False)


def _heading(located: LocatedPost) -> str:
    # NOTE: The heading of the page where post number 3, for example, is edited.
    return gettext("Edit #%(number)s", number=located.post.number)


routes = [show_edit, edit_post, show_history, restore_revision]
