"""A search within a list of posts, such as the notices of a room: a condition for the statement of the list."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, bindparam, cast, exists, null, or_
from sqlalchemy.dialects.postgresql import TSQUERY

from forum.search.query_parser import parse_query
from forum.search.query_terms import find_terms
from forum.search.vectors import FILTER_MARK, quote_lexeme
from forum.tables import posts
from forum.tables_search import search_posts
from storage.database import Reader

# No post has this lexeme.
_NOTHING = quote_lexeme(FILTER_MARK)


def matches_words() -> ColumnElement[bool]:
    """Return the condition that a post matches the bind `words`, which `write_words` makes; without them all match."""
    words = bindparam("words", type_=Text)
    found = exists().where(
        search_posts.c.post_id == posts.c.id, search_posts.c.vector.bool_op("@@")(cast(words, TSQUERY))
    )
    return or_(words == null(), found)


async def write_words(tx: Reader, typed: str | None, languages: Sequence[str]) -> str | None:
    """Return what was typed as the search would understand it, without its filters, as a tsquery; None for nothing typed.

    Words that begin as those that were typed match too. `languages` are the community's (ISO 639-1).
    """
    if typed is None or not typed.strip():
        return None
    query = parse_query(typed.replace(":", " "))
    terms = await find_terms(tx, query, languages)
    wanted = " | ".join(dict.fromkeys(one for one in (terms.written(), terms.loosened().written()) if one))
    parts = [f"({wanted})" if wanted else "", *(f"!({term.written()})" for term in terms.unwanted)]
    return " & ".join(part for part in parts if part) or _NOTHING
