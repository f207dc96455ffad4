"""A board in numbers: by each list that its form chooses from, countries first, by month, and by who contributed."""

from msgspec import Struct

from boards.entries.indexing import EntryContext
from boards.forms import asked
from boards.lookup.contributors import GroupShare, count_contributors
from boards.table.matrix import Bucket, axis_terms, count_months, count_terms, matrix_fields
from boards.table.table import EntryFilter
from storage.database import Reader


class FieldCounts(Struct, frozen=True, kw_only=True):
    """What was counted along one field; without a field, by when entries were added."""

    field: str | None
    title: str
    counts: list[Bucket]


class BoardStatistics(Struct, frozen=True, kw_only=True):
    """All that is counted of a board."""

    terms: list[FieldCounts]
    months: list[FieldCounts]
    people: list[GroupShare]


async def read_statistics(tx: Reader, sheet: EntryContext, asked_for: EntryFilter) -> BoardStatistics:
    """Count; who asks was found to see the board."""
    board, terms, months = sheet.board, [], []
    for field in sorted(matrix_fields(sheet.form), key=lambda field: field.type != "country"):
        found = await count_terms(tx, board, asked_for, field, axis_terms(field, sheet.taxonomies))
        terms.append(FieldCounts(field=field.key, title=field.label, counts=found))
    for date in (None, *(field for field in asked(sheet.form) if field.type == "date")):
        found = await count_months(tx, board, asked_for, date)
        title = date.label if date else "When it was added"
        months.append(FieldCounts(field=date.key if date else None, title=title, counts=found))
    return BoardStatistics(terms=terms, months=months, people=await count_contributors(tx, board))
