"""Pages of the member's posts that are held for review: the list, and editing or withdrawing one."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.http import PathId
from forum.posts.held_posts import get_own_held_post, read_own_held_posts
from forum.posts.shapes_held import HeldChange
from moderation.decisions.author_edits import edit_held_post, withdraw_held_post
from pages.forum.writing.language_fields import text_and_language_in
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, BadButton, Form, form_of, submit, to_shape
from pages.shell.renderer import redirect


@get("/held", include_in_schema=False)
async def show_all_held(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the member's posts that are waiting for a moderator or were not published."""
    async with context.db.read() as tx:
        found = await read_own_held_posts(tx, context.actor)
    return context.renderer.page(context.request, context.actor, "forum/writing/held.html", held=found.items)


@get("/held/{post_id:int}", include_in_schema=False)
async def show_held(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show a held post with its form; a published one redirects to the post."""
    return await _page(context, post_id, None)


@post("/held/{post_id:int}", include_in_schema=False)
async def change_held(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Edit or withdraw a held post."""
    context.actor.signed_in()
    form = await form_of(context)
    action = form.value("act") or "save"
    if action not in ("save", "withdraw"):
        raise BadButton

    async def change(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            if action == "withdraw":
                await withdraw_held_post(tx, context.actor, post_id)
            else:
                wanted = to_shape(HeldChange, text_and_language_in(form.typed))
                await edit_held_post(tx, context.actor, post_id, wanted)
        return redirect(f"/held/{post_id}", done="saved" if action == "save" else "taken-back-post")

    return await submit(form, change, partial(_page, context, post_id), NO_STATUS)


async def _page(context: PageContext, post_id: int, form: Form | None, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        held = await get_own_held_post(tx, context.actor, post_id)
    if held.outcome == "approved" and form is None:
        return redirect(f"/p/{post_id}")
    form = form or Form(typed={"body": [held.body], "language": [held.language or ""]})
    return context.renderer.page(
        context.request, context.actor, "forum/writing/held_post.html", status, one=held, form=form
    )


routes = [show_all_held, show_held, change_held]
