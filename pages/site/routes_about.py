"""Community rules, privacy notice, terms and imprint, and the quiet line that says which of them changed."""

from datetime import datetime, timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from community.pages.community_pages import read_community_page, read_versions
from community.pages.routes import Version
from community.shapes import CommunityPageName
from core import clock
from core.languages.languages import all_languages
from core.languages.texts import current_language, gettext
from members.accounts.cookies import SEEN_PAGES_COOKIE, preference_cookie
from pages.shell.context import PageContext
from pages.shell.forms import number_in
from pages.shell.language_names import name_of_language
from pages.shell.layout import COMMUNITY_PAGES
from pages.shell.renderer import link_to, redirect, safe

# Who comes back later than that reads the pages without being told.
TOLD_FOR = timedelta(days=30)


def changed_pages(context: PageContext) -> list[tuple[str, str, datetime]]:
    """Return the address, the name and the time of each community page that changed since the member last looked."""
    if context.actor.id is None:
        return []
    seen = number_in(context.request.cookies.get(SEEN_PAGES_COOKIE, "")) or 0
    since = clock.now() - TOLD_FOR
    return [
        (*link_to(page), page.published_at)
        for page in context.renderer.community_pages
        if page.is_announced and page.published_at > since and page.published_at.timestamp() > seen
    ]


@get("/about/{community_page:str}", include_in_schema=False)
async def show_community_page(
    community_page: FromPath[CommunityPageName],
    context: NamedDependency[PageContext],
    version: Version = None,
) -> Response[bytes]:
    """Show a community page in the language of the reader, or in the first one that it has."""
    async with context.db.read() as tx:
        found = await read_community_page(tx, community_page, version)
        versions = (await read_versions(tx, community_page)).items
    language = _language_of(found.html, context.renderer.community.language)
    known = all_languages().get(language)
    response = context.renderer.page(
        context.request,
        context.actor,
        "site/about.html",
        shown=found,
        name=gettext(COMMUNITY_PAGES[community_page]),
        html=safe(found.html[language]),
        language=language,
        direction=known.direction if known else "auto",
        others=[(tag, name_of_language(tag)) for tag in found.html if tag != language],
        versions=versions,
    )
    if context.actor.id is not None:
        response.set_cookie(
            preference_cookie(SEEN_PAGES_COOKIE, str(context.renderer.pages_stamp), context.cookies)
        )
    return response


@post("/about/seen", include_in_schema=False)
async def dismiss_changes(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Say no more that community pages changed."""
    context.actor.signed_in()
    response = redirect("/")
    response.set_cookie(
        preference_cookie(SEEN_PAGES_COOKIE, str(context.renderer.pages_stamp), context.cookies)
    )
    return response


def _language_of(html: dict[str, str], first: str) -> str:
    """Return the language in which a page is shown."""
    wanted = (current_language().tag, current_language().lang, first)
    return next((tag for tag in wanted if tag in html), next(iter(html)))


routes = [show_community_page, dismiss_changes]
