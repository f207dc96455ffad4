"""The search page, and the member's saved searches."""

from collections.abc import Sequence
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.http import Cursor
from core.languages.texts import gettext, pgettext, translatable
from forum.search import saved_searches
from forum.search.languages import known_languages
from forum.search.query_parser import IS_FILTERS
from forum.search.routes import Words
from forum.search.search import search
from forum.search.shapes import Facet, SearchOrder, SearchResults
from forum.search.shapes_saved import NewSearch
from members.shapes import Taxonomies
from pages.shell.context import PageContext
from pages.shell.forms import number_in, read_form, text_in, to_shape
from pages.shell.renderer import redirect, safe

# How often a member is notified about new results of a saved search.
ALERT_FREQUENCIES = {
    "soon": translatable("Notify me within minutes"),
    "daily": translatable("Notify me once a day"),
    "never": translatable("Do not notify me"),
}


@get("/search", operation_id="search", include_in_schema=False)
async def show_search(
    context: NamedDependency[PageContext],
    taxonomies: NamedDependency[Taxonomies],
    q: Words = "",
    sort: FromQuery[SearchOrder] = "best",
    after: Cursor = None,
) -> Response[bytes]:
    """Show the results; if there are none, the results for a corrected spelling."""
    asked, languages = q.strip(), known_languages(taxonomies)
    async with context.db.read() as tx:
        found = await search(tx, context.actor, asked, sort, after, languages)
        meant = found.suggestion
        if meant is not None:
            found = await search(tx, context.actor, meant, sort, None, languages)
        kept = (await saved_searches.read_searches(tx, context.actor)).items if context.actor.id else []
    shown = meant or asked
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/search/search.html",
        asked=asked,
        meant=meant,
        found=found,
        sort=sort,
        states=IS_FILTERS,
        kept=kept,
        is_kept=next((one for one in kept if one.query == shown), None),
        told=ALERT_FREQUENCIES,
        facets=_narrowing_facets(found, shown),
        address=lambda query, **more: "/search?" + urlencode({"q": query, **more}),
        shown=shown,
        passage=safe,
    )


@post("/search/kept", include_in_schema=False)
async def keep_search(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save a search, change how often the member is notified, or delete it."""
    typed = await read_form(context.request)
    query, dropped = text_in(typed, "q"), text_in(typed, "drop")
    context.actor.signed_in()
    async with context.db.begin() as tx:
        if dropped:
            await saved_searches.delete_search(tx, context.actor, number_in(dropped) or 0)
        else:
            new = to_shape(NewSearch, {"query": query, "told": text_in(typed, "told")})
            await saved_searches.save_search(tx, context.actor, new, known_languages(context.taxonomies))
    return redirect("/search" + (f"?{urlencode({'q': query})}" if query else ""))


def _narrowing_facets(found: SearchResults, asked: str) -> Sequence[tuple[str, list[tuple[Facet, str]]]]:
    """Return the facets that would narrow the results, each with its query."""
    made = []
    for key, name in _facet_headings():
        facets = [one for one in found.facets.get(key, []) if one.filter not in asked]
        if facets and (len(facets) > 1 or facets[0].count < found.total):
            made.append((name, [(one, f"{asked} {one.filter}") for one in facets]))
    return made


def _facet_headings() -> Sequence[tuple[str, str]]:
    """Return the facets beside the results, in order, with their headings."""
    return (
        ("sectors", gettext("Sector")),
        ("kinds", pgettext("of topics", "Kind")),
        ("tags", gettext("Tag")),
        ("authors", gettext("Author")),
        ("years", gettext("Year")),
    )


routes = [show_search, keep_search]
