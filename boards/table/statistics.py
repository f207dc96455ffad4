"""Statistics of a board: counts of entries by country, term and month, and contributors by stakeholder group."""

from msgspec import Struct

from boards.entries.context import EntryContext
from boards.forms import active_fields
from boards.lookup.contributors import GroupShare, count_contributors
from boards.table.matrix import Bucket, axis_terms, count_months, count_terms, matrix_fields
from boards.table.table import EntryFilter
from core.languages.texts import gettext
from storage.database import Reader


class FieldCounts(Struct, frozen=True, kw_only=True):
    """The counts by one field; without a field, by when entries were added."""

    field: str | None
    title: str
    counts: list[Bucket]


class BoardStatistics(Struct, frozen=True, kw_only=True):
    """All statistics of a board."""

    terms: list[FieldCounts]
    months: list[FieldCounts]
    people: list[GroupShare]


async def read_statistics(tx: Reader, context: EntryContext, entry_filter: EntryFilter) -> BoardStatistics:
    """Return the statistics of the entries that match a filter; the caller has checked that the actor can see the board."""
    board_id, terms, months = context.board, [], []
    for field in sorted(matrix_fields(context.form), key=lambda field: field.type != "country"):
        counts = await count_terms(tx, board_id, entry_filter, field, axis_terms(field, context.taxonomies))
        terms.append(FieldCounts(field=field.key, title=field.label, counts=counts))
    for date in (None, *(field for field in active_fields(context.form) if field.type == "date")):
        counts = await count_months(tx, board_id, entry_filter, date)
        title = date.label if date else gettext("When it was added")
        months.append(FieldCounts(field=date.key if date else None, title=title, counts=counts))
    return BoardStatistics(terms=terms, months=months, people=await count_contributors(tx, board_id))
