"""The preview of an import as its page shows it: what changes, in words of the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from boards.entries.context import EntryContext
from boards.entries.references import REFERENCE_TYPES, ReferenceKey, ReferenceLink
from boards.imports.shapes import Change, ImportedLine
from boards.shapes import Field
from boards.templates import labels_of
from pages.boards.board_view import shown_value


class ShownChange(Struct, frozen=True):
    """A field of an entry, its value and the one that the import would set; an empty value is ""."""

    field: str
    before: str
    after: str


def keys_in(lines: Sequence[ImportedLine]) -> list[ReferenceKey]:
    """Return the keys of everything that the changed values refer to."""
    values = [value for line in lines for one in line.changes for value in (one.before, one.after)]
    return [(value["kind"], value["id"]) for value in values if isinstance(value, dict)]


def shown_changes(
    entry_context: EntryContext, line: ImportedLine, named: Mapping[ReferenceKey, ReferenceLink]
) -> list[ShownChange]:
    """Return what an import changes in an entry."""
    return [_shown_change(entry_context, one, named) for one in line.changes]


def _shown_change(
    entry_context: EntryContext, change: Change, named: Mapping[ReferenceKey, ReferenceLink]
) -> ShownChange:
    # The form can have changed since: then the values are shown as they are stored.
    field = next((one for one in entry_context.form.fields if change.field in labels_of(one)), None)
    before, after = (_in_words(entry_context, field, value, named) for value in (change.before, change.after))
    return ShownChange(field.label if field else change.field, before, after)


def _in_words(
    entry_context: EntryContext, field: Field | None, value: Any, named: Mapping[ReferenceKey, ReferenceLink]
) -> str:
    if value is None:
        return ""
    if field is None or isinstance(value, dict) != (field.type in REFERENCE_TYPES):
        return str(value)
    return shown_value(entry_context, field, value, named).text
