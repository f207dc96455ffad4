"""Forms of entries: converting between typed text and the field values that a board stores."""

from collections.abc import Mapping, Sequence
from typing import Any

from boards.entries.context import EntryContext
from boards.entries.field_values import AnswerInvalid, AnswerMissing
from boards.forms import active_fields
from boards.imports.column_mapping import parse_cell
from boards.shapes import Entry, Field, Fields
from core.errors import Invalid, every_refusal
from forum.files.files import prepare_file, store_file
from members.profiles.trust import permissions_of
from pages.shell.context import PageContext
from pages.shell.forms import Typed
from pages.shell.uploads import Upload


def fields_of(entry_context: EntryContext, typed: Typed) -> Fields:
    """Return the field values in a form; an emptied field is None. Raise AnswerInvalid for a value that cannot be read,
    or AnswerMissing."""
    values: Fields = {}
    with every_refusal() as each:
        for field in active_fields(entry_context.form):
            with each.check():
                values[field.key] = _field_value(entry_context, field, typed)
                if field.required and values[field.key] is None:
                    raise AnswerMissing(field=field.key)
    return values


def typed_of(entry_context: EntryContext, entry: Entry) -> dict[str, list[str]]:
    """Return the form filled with the entry's field values."""
    return _typed_fields(entry_context, entry.fields or {})


def _typed_fields(entry_context: EntryContext, values: Mapping[str, Any]) -> dict[str, list[str]]:
    return {f"f_{field.key}": _typed(values.get(field.key)) for field in active_fields(entry_context.form)}


def rebase_form(
    entry_context: EntryContext, typed: Typed, started: Mapping[str, Any], now: Entry
) -> dict[str, Sequence[str]]:
    """Return the form of the current entry with the changes that the member made to the version `started`."""
    before, current = _typed_fields(entry_context, started), typed_of(entry_context, now)
    own = {
        name: typed.get(name, ()) for name in current if list(typed.get(name, ())) not in ([""], before[name])
    }
    own |= {name: typed[name] for name in current if list(typed.get(name, ())) == [""] and before[name]}
    return {**typed, **current, **own}


async def store_files(
    context: PageContext, entry_context: EntryContext, typed: Typed, uploads: Mapping[str, Upload]
) -> Typed:
    """Store the uploaded files, and return the form with their ids; raise AnswerInvalid with the field of a refused file."""
    kept = dict(typed)
    for field in active_fields(entry_context.form):
        upload = uploads.get(f"up_{field.key}")
        if field.type == "file" and upload is not None:
            rights = permissions_of(context.trust, context.actor)
            try:
                prepared = await prepare_file(context.db, context.actor, upload.name, upload.content, rights)
                async with context.db.begin() as tx:
                    made = await store_file(tx, context.actor, prepared, rights)
            except Invalid as refusal:
                raise AnswerInvalid(refusal.text, field=field.key, **refusal.facts) from None
            kept[f"f_{field.key}"] = [f"file {made.id}"]
    return kept


def _field_value(entry_context: EntryContext, field: Field, typed: Typed) -> Any:
    given = [value for value in typed.get(f"f_{field.key}", ()) if value.strip()]
    if not given:
        return None
    if field.type == "some_of":
        return list(given)
    # Numbers and dates are written as in imported tables.
    return (
        parse_cell(field, given[0].strip(), entry_context.taxonomies)
        if field.type in ("number", "date")
        else given[0]
    )


def _typed(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, dict):
        return [f"{value['kind']} {value['id']}"]
    return [str(value)]
