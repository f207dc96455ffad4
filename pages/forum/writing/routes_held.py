"""What of one's posts a rule holds: read, changed, taken back."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import Refusal
from core.http import PathId, status_of
from forum.posts.held_posts import get_own_held_post, read_own_held_posts
from forum.posts.shapes_held import HeldChange
from moderation.decisions.author_edits import edit_held_post, withdraw_held_post
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, read_form, text_in, to_shape
from pages.shell.renderer import go_to


@get("/held", include_in_schema=False)
async def show_all_held(context: NamedDependency[PageContext]) -> Response[bytes]:
    """What of one's posts waits for a moderator, or was not published."""
    async with context.db.read() as tx:
        found = await read_own_held_posts(tx, context.actor)
    return context.renderer.page(context.request, context.actor, "forum/writing/held.html", held=found.items)


@get("/held/{post_id:int}", include_in_schema=False)
async def show_held(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """One of them, with what one can do with it; once it is published, where it is."""
    return await _page(context, post_id, None)


@post("/held/{post_id:int}", include_in_schema=False)
async def change_held(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Give it another text, or take it back."""
    context.actor.signed_in()
    typed = await read_form(context.request)
    act = text_in(typed, "act") or "save"
    if act not in ("save", "withdraw"):
        raise BadButton
    try:
        async with context.db.begin() as tx:
            if act == "withdraw":
                await withdraw_held_post(tx, context.actor, post_id)
            else:
                change = to_shape(HeldChange, {"body": text_in(typed, "body")})
                await edit_held_post(tx, context.actor, post_id, change)
    except Refusal as refusal:
        return await _page(context, post_id, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/held/{post_id}", done="saved" if act == "save" else "taken-back-post")


async def _page(context: PageContext, post_id: int, form: Form | None, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        held = await get_own_held_post(tx, context.actor, post_id)
    if held.outcome == "approved" and form is None:
        return go_to(f"/p/{post_id}")
    form = form or Form(typed={"body": [held.body]})
    return context.renderer.page(
        context.request, context.actor, "forum/writing/held_post.html", status, one=held, form=form
    )


routes = [show_all_held, show_held, change_held]
