"""HTTP routes of saved searches."""

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId
from forum.search import saved_searches
from forum.search.languages import known_languages
from forum.search.shapes_saved import NewSearch, SavedSearch, SavedSearches
from members.shapes import Taxonomies
from storage.database import Database


@get("/searches", operation_id="read_searches")
async def read_searches(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> SavedSearches:
    """Return your saved searches."""
    async with db.read() as tx:
        return await saved_searches.read_searches(tx, actor)


@post("/searches", operation_id="save_search")
async def save_search(
    data: JSONBody[NewSearch],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> SavedSearch:
    """Save a query and get a notification of new matches: within minutes, once a day, or never.

    Saving a query again changes how often you are notified.
    """
    async with db.begin() as tx:
        return await saved_searches.save_search(tx, actor, data, known_languages(taxonomies))


@delete("/searches/{search_id:int}", operation_id="drop_search")
async def delete_search(
    search_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Delete a saved search."""
    async with db.begin() as tx:
        await saved_searches.delete_search(tx, actor, search_id)


saved_search_routes = [read_searches, save_search, delete_search]
