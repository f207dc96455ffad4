"""The results of a search."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from members.shapes import Author

SearchOrder = Literal["best", "newest"]


class Hit(Struct, frozen=True, kw_only=True):
    """A matching post and its topic.

    `extract` is an HTML excerpt with `<mark>` around the matches; `more` is how many other posts of the topic match.
    """

    post: int
    number: int
    topic: int
    title: str
    kind: str
    sector: str
    author: Author | None
    posted_at: datetime
    extract: str
    more: int


class Facet(Struct, frozen=True, kw_only=True):
    """A filter that narrows the results, its name for readers, and the number of results it would leave."""

    filter: str
    name: str
    count: int


class SearchResults(Struct, frozen=True, kw_only=True):
    """One page of the results of a query.

    `total` is the number of matching posts; if `is_more`, there are older matches that are not counted. `unknown` are the
    filters whose value does not exist. `suggestion` is a corrected query, if the query has no results. `people` are up to
    three people with the words of the query in their name, on the first page.
    """

    items: list[Hit]
    next: str | None
    total: int
    is_more: bool
    facets: dict[str, list[Facet]]
    unknown: list[str]
    suggestion: str | None
    people: list[Author]
