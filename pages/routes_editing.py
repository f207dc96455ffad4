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
from forum import editing, posts, topics
from forum.differences import compare
from forum.policy import PostFacts, ensure_can_edit
from forum.replies import Replies
from forum.shapes import PostChange, Revision
from members.trust import Rights
from pages.attaching import LARGEST_FORM, attach
from pages.drafting import AskedKey, draft_in, key_of
from pages.forms import BadButton, Form, number_in, read_form, text_in, to_shape
from pages.press import go_to, html_response
from pages.previewing import preview_of
from pages.routes_posts import Desk, Spot, find_spot, keep_in, write_page
from pages.topic_view import address_of
from pages.uploads import read_form_with_files
from storage.database import Reader


@get("/p/{post_id:int}/edit", include_in_schema=False)
async def show_edit(post_id: PathId, desk: NamedDependency[Desk], draft: AskedKey = "") -> Response[bytes]:
    """The form that gives a post another text."""
    desk.actor.signed_in()
    async with desk.db.read() as tx:
        spot = await find_spot(tx, desk.actor, post_id)
        body, _ = await posts.find_source(tx, desk.actor, PostId(post_id))
        form = await draft_in(tx, desk.actor, Form(draft=key_of(f"edit:{post_id}", draft)))
    if not form.typed or not draft:
        form = Form(typed={"body": [body]}, draft=form.draft)
    form.version = spot.post.version
    return _edit_page(desk, spot, form)


@post("/p/{post_id:int}/edit", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def edit_post(
    post_id: PathId, desk: NamedDependency[Desk], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Give a post another text, or look at how it will read."""
    typed, uploads = await read_form_with_files(desk.request)
    async with desk.db.read() as tx:
        spot = await find_spot(tx, desk.actor, post_id)
    version = number_in(text_in(typed, "version")) or spot.post.version
    name = f"edit:{post_id}"
    try:
        typed = await attach(replies, desk.actor, typed, uploads)
        if text_in(typed, "keep"):
            return await keep_in(desk, name, typed)
        facts = {"body": text_in(typed, "body"), "draft": key_of(name, text_in(typed, "draft"))}
        change = to_shape(PostChange, facts)
        if text_in(typed, "preview") or text_in(typed, "attach"):
            preview = await preview_of(replies, desk.actor, change.body, name)
            return _edit_page(desk, spot, Form(typed=typed, version=version, preview=preview))
        async with desk.db.begin() as tx:
            changed = await editing.edit_post(
                tx, desk.actor, PostId(post_id), change, version, replies.bounds(desk.actor)
            )
    except Stale:
        return await _conflict_page(desk, post_id, Form(typed=typed))
    except Refusal as refusal:
        # What was typed stays, and so does the version that it started from.
        form = Form(typed=typed, version=version).refuse(refusal)
        return _edit_page(desk, spot, form, status_of(refusal))
    return go_to(spot.address if changed.held_edit is UNSET else f"/held/{post_id}")


@get("/p/{post_id:int}/history", include_in_schema=False)
async def show_history(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """All that a post has said, and what changed."""
    async with desk.db.begin() as tx:
        found = (await editing.read_revisions(tx, desk.actor, PostId(post_id))).items
        spot = await find_spot(tx, desk.actor, post_id)
        can_go_back = await _can_edit(tx, desk.actor, spot)
    return desk.press.page(
        desk.request,
        desk.actor,
        "history.html",
        post=spot.post,
        revisions=found,
        changes=_changes(found),
        can_go_back=can_go_back,
        address=address_of(spot.topic),
    )


@post("/p/{post_id:int}/back", include_in_schema=False)
async def go_back(
    post_id: PathId, desk: NamedDependency[Desk], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Let a post say again what it said at an older version."""
    desk.actor.signed_in()
    version = number_in(text_in(await read_form(desk.request), "version"))
    if version is None or version >= 2**31:
        raise BadButton
    async with desk.db.begin() as tx:
        await editing.go_back(tx, desk.actor, PostId(post_id), version, replies.bounds(desk.actor))
        spot = await find_spot(tx, desk.actor, post_id)
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
    can = allowed(ensure_can_edit, actor, topic, facts, clock.now(), Rights())
    return can and spot.post.markup == "markdown"


async def _conflict_page(desk: Desk, post_id: int, form: Form) -> Response[bytes]:
    async with desk.db.read() as tx:
        spot = await find_spot(tx, desk.actor, post_id)
        theirs, _ = await posts.find_source(tx, desk.actor, PostId(post_id))
    form.version = spot.post.version
    form.action, form.verb, form.draft = f"/p/{post_id}/edit", "Save", f"edit:{post_id}"
    page = desk.press.render(
        desk.request,
        desk.actor,
        "conflict.html",
        heading=f"Edit #{spot.post.number}",
        changes=compare(form.value("body"), theirs),
        form=form,
        place="",
        steps=[(spot.address, spot.topic.title, "")],
    )
    return html_response(page, 412)


def _edit_page(desk: Desk, spot: Spot, form: Form, status: int = 200) -> Response[bytes]:
    form.action, form.verb = f"/p/{spot.post.id}/edit", "Save"
    form.draft = form.draft or key_of(f"edit:{spot.post.id}", form.value("draft"))
    return write_page(desk, spot, form, f"Edit #{spot.post.number}", status, with_post=False)


routes = [show_edit, edit_post, show_history, go_back]
