"""Query parameters of a board's table, which the API and the pages share."""

from typing import Annotated

from litestar.params import QueryParameter

FieldKeyParameter = Annotated[str | None, QueryParameter(max_length=40)]
TermParameter = Annotated[str | None, QueryParameter(max_length=100)]
WhereParameter = Annotated[
    list[str] | None, QueryParameter(max_items=40, description="field:term, as often as wanted")
]
SearchParameter = Annotated[str, QueryParameter(max_length=200)]
SortParameter = Annotated[str, QueryParameter(max_length=40, description="a column, or the key of a field")]


def parse_where(where: list[str] | None) -> tuple[tuple[str, str], ...]:
    """Return `field:term` parameters as (field, term) pairs; one without a colon is ignored."""
    split = (parameter.partition(":") for parameter in where or ())
    return tuple((field, term) for field, colon, term in split if colon)
