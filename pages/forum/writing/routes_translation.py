"""The page with a post and its machine translation into the language of the page, and the button that asks for it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from markupsafe import Markup

from core.errors import NotFound
from core.http import PathId
from core.ids import PostId
from core.languages.texts import current_language, gettext
from forum.translations.translations import ask_for_translation, find_translation
from forum.translations.translator import Translator
from pages.forum.writing.routes_posts import find_post_with_topic, shown_above
from pages.shell.context import PageContext
from pages.shell.renderer import redirect


@get("/p/{post_id:int}/translation", include_in_schema=False)
async def show_translation(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show a post and below it its translation; raise NotFound if nobody has asked for it."""
    language = current_language()
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
        found = await find_translation(tx, context.actor, PostId(post_id), language.tag)
    if found is None:
        raise NotFound
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/writing/translation.html",
        # NOTE: The heading of the page with the machine translation of post number 3, for example.
        heading=gettext("Translation of #%(number)s", number=located.post.number),
        above=shown_above(context, located),
        found=found,
        source=language.locale.languages.get(found.source.partition("-")[0], found.source),
        html=Markup(found.html or ""),
        language=language,
        back=located.address,
        steps=[(located.address, located.topic.local_title, "")],
    )


@post("/p/{post_id:int}/translation", include_in_schema=False)
async def ask_for_it(
    post_id: PathId, context: NamedDependency[PageContext], translator: NamedDependency[Translator]
) -> Response[bytes]:
    """Ask for the translation of a post into the language of the page."""
    async with context.db.begin() as tx:
        await ask_for_translation(tx, context.actor, PostId(post_id), current_language().tag, translator)
    return redirect(f"/p/{post_id}/translation")


routes = [show_translation, ask_for_it]
