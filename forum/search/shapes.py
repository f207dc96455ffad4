"""What comes out of a search."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from members.shapes import Author

SearchOrder = Literal["best", "newest"]


class Hit(Struct, frozen=True, kw_only=True):
    """A post that fits, and its topic. `extract` is HTML: a passage of it with what fits in `mark`. `more` other posts of
    the topic fit as well."""

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
    """A filter by which the hits can be narrowed, in words, and how many of them would stay."""

    filter: str
    name: str
    count: int


class SearchResults(Struct, frozen=True, kw_only=True):
    """One page of what fits a query, the best or the newest first. `total` posts fit; where `is_more`, these are only the
    newest of them. `unknown` are filters that name nothing here; `suggestion` is the query with words that are written
    here, where as typed nothing fits."""

    items: list[Hit]
    next: str | None
    total: int
    is_more: bool
    facets: dict[str, list[Facet]]
    unknown: list[str]
    suggestion: str | None
