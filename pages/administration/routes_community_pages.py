"""Community rules, privacy notice, terms and imprint for administrators: the list, and the form of one in all languages."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from community.pages.community_pages import (
    find_community_page,
    publish_community_page,
    read_community_pages,
    render_texts,
)
from community.shapes import CommunityPageChange, CommunityPageName, CommunityPageVersion
from core.languages.texts import gettext
from members.policy import ensure_can_administer
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, Typed, form_of, number_in, submit, text_in, to_shape
from pages.shell.language_names import name_of_language, offered_languages
from pages.shell.layout import COMMUNITY_PAGES
from pages.shell.renderer import redirect, safe


@get("/admin/pages", include_in_schema=False)
async def list_community_pages(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show which community pages there are, and since when."""
    ensure_can_administer(context.actor)
    async with context.db.read() as tx:
        found: dict[str, CommunityPageVersion] = {
            page.page: page for page in (await read_community_pages(tx)).items
        }
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/community_pages.html",
        listed=[(key, gettext(name), found.get(key)) for key, name in COMMUNITY_PAGES.items()],
        about=_about(),
    )


@get("/admin/pages/{community_page:str}", include_in_schema=False)
async def edit_community_page(
    community_page: FromPath[CommunityPageName], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the form of a community page."""
    ensure_can_administer(context.actor)
    async with context.db.read() as tx:
        found = await find_community_page(tx, community_page)
    typed = {f"text_{tag}": [text] for tag, text in (found.texts if found else {}).items()}
    form = Form(typed={**typed, "is_announced": ["1"], "version": [str(found.version if found else 0)]})
    return await _page(context, community_page, form)


@post("/admin/pages/{community_page:str}", include_in_schema=False)
async def change_community_page(
    community_page: FromPath[CommunityPageName], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Publish the next version of a community page, or show what it will look like."""
    ensure_can_administer(context.actor)

    async def change(form: Form) -> Response[bytes]:
        wanted = to_shape(CommunityPageChange, await _change_in(context, community_page, form.typed))
        html = await render_texts(context.actor, wanted)
        if text_in(form.typed, "preview"):
            return await _page(context, community_page, form, preview=html)
        async with context.db.begin() as tx:
            await publish_community_page(tx, context.actor, community_page, wanted, html)
        return redirect("/admin/pages", done="published")

    form = await form_of(context)
    form.names = {f"texts.{tag}": f"text_{tag}" for tag in context.renderer.community.languages}
    form.names["texts"] = f"text_{offered_languages(context.renderer.community.languages)[0][0]}"
    return await submit(form, change, partial(_page, context, community_page), NO_STATUS)


async def _change_in(context: PageContext, page: CommunityPageName, typed: Typed) -> dict[str, object]:
    """Return the change that a form asks for; texts in languages that it does not offer stay as they are."""
    async with context.db.read() as tx:
        newest = await find_community_page(tx, page)
    offered = context.renderer.community.languages
    texts = {tag: text for tag, text in (newest.texts if newest else {}).items() if tag not in offered}
    texts |= {tag: text for tag in offered if (text := text_in(typed, f"text_{tag}").strip())}
    return {
        "version": number_in(text_in(typed, "version")) or 0,
        "texts": texts,
        "is_announced": bool(text_in(typed, "is_announced")),
    }


def _about() -> dict[str, str]:
    return {
        "rules": gettext(
            "What is expected here. Decisions of moderators link to it, and everyone who joins accepts it."
        ),
        "privacy": gettext(
            "What is stored about people, why, and for how long. Everyone who joins accepts it."
        ),
        "terms": gettext("What people and the community owe each other. Everyone who joins accepts it."),
        "imprint": gettext("Who stands behind the community, and how to reach them."),
    }


async def _page(
    context: PageContext,
    page: CommunityPageName,
    form: Form,
    status: int = 200,
    preview: dict[str, str] | None = None,
) -> Response[bytes]:
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/community_page.html",
        status,
        page=page,
        name=gettext(COMMUNITY_PAGES[page]),
        about=_about()[page],
        form=form,
        preview=[(tag, name_of_language(tag), safe(html)) for tag, html in (preview or {}).items()],
        offered=offered_languages(context.renderer.community.languages),
    )


routes = [list_community_pages, edit_community_page, change_community_page]
