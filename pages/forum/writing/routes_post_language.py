"""The page where the author or a moderator says in which language a post is."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.http import PathId
from core.ids import PostId
from core.languages.texts import gettext
from forum.shapes import PostLanguage
from forum.writing.languages import set_post_language
from pages.forum.writing.routes_posts import LocatedPost, find_post_with_topic, shown_above
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, read_form, submit, text_in, to_shape
from pages.shell.renderer import html_response, redirect


@get("/p/{post_id:int}/language", include_in_schema=False)
async def show_language(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that says in which language a post is."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
    return await _language_page(context, located, Form(typed={"language": [located.post.language or ""]}))


@post("/p/{post_id:int}/language", include_in_schema=False)
async def correct_language(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Say in which language a post is, or let it be detected again."""
    typed = await read_form(context.request)
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)

    async def correct(form: Form) -> Response[bytes]:
        chosen = to_shape(PostLanguage, {"language": text_in(form.typed, "language") or None})
        async with context.db.begin() as tx:
            await set_post_language(tx, context.actor, PostId(post_id), chosen.language)
        return redirect(located.address, done="saved")

    return await submit(Form(typed=typed), correct, partial(_language_page, context, located), NO_STATUS)


async def _language_page(
    context: PageContext, located: LocatedPost, form: Form, status: int = 200
) -> Response[bytes]:
    form.action = f"/p/{located.post.id}/language"
    page = context.renderer.render(
        context.request,
        context.actor,
        "forum/writing/language.html",
        # NOTE: The heading of the page where one says in which language post number 3, for example, is written.
        heading=gettext("Language of #%(number)s", number=located.post.number),
        above=shown_above(context, located),
        form=form,
        back=located.address,
        steps=[(located.address, located.topic.local_title, "")],
    )
    return html_response(page, status)


routes = [show_language, correct_language]
