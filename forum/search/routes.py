"""HTTP routes of search, of members by name, and of similar and related topics."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId
from core.ids import TopicId
from forum.search.languages import known_languages
from forum.search.people import suggest_members
from forum.search.search import search
from forum.search.shapes import SearchOrder, SearchResults
from forum.search.similar import SimilarTopics, find_related_topics, find_similar_topics
from members.shapes import MemberList, Taxonomies
from storage.cache import VersionedCache
from storage.database import Database

Words = Annotated[str, QueryParameter(max_length=300, description="Words, phrases and filters.")]

Prefix = Annotated[
    str, QueryParameter(max_length=60, description="how the handle or a word of the name begins")
]
Title = Annotated[str, QueryParameter(max_length=300, description="The title of the new topic.")]


@get("/search", operation_id="search")
async def search_posts(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
    q: Words = "",
    sort: FromQuery[SearchOrder] = "best",
    after: Cursor = None,
) -> SearchResults:
    """Return the posts that match a query and that you can see.

    A post must contain all words, in any grammatical form. `"…"` is a phrase, `or` between two words means one of them is
    enough, `trac*` finds words that begin so, and a minus excludes a word, phrase or filter. Filters: `in:` a sector,
    `by:` a handle or `me`, `tag:`,
    `topic:` an id, `is:` (question, discussion, announcement, live, mail, entry, answered, unanswered, open, closed,
    archived, opening), `after:` and `before:` a year, a month (2026-05) or a day.
    """
    async with db.read() as tx:
        return await search(tx, actor, q, sort, after, known_languages(taxonomies))


@get("/members", operation_id="read_named")
async def read_named_members(
    actor: NamedDependency[Actor], db: NamedDependency[Database], prefix: Prefix = ""
) -> MemberList:
    """Return members whose handle, or a word of whose display name, begins with a prefix, for mention suggestions."""
    async with db.read() as tx:
        return await suggest_members(tx, actor, prefix)


@get("/topics/similar", operation_id="read_similar")
async def read_similar_topics(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
    title: Title = "",
) -> SimilarTopics:
    """Return up to five topics similar to a title, to show before a member starts a new topic."""
    async with db.read() as tx:
        return await find_similar_topics(tx, actor, title, known_languages(taxonomies))


@get("/topics/{topic_id:int}/related", operation_id="read_related")
async def read_related_topics(
    topic_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
    cache: NamedDependency[VersionedCache],
) -> SimilarTopics:
    """Return up to five topics similar to this one that everybody can read."""
    async with db.read() as tx:
        return await find_related_topics(tx, actor, TopicId(topic_id), known_languages(taxonomies), cache)


search_routes = [search_posts, read_named_members, read_similar_topics, read_related_topics]
