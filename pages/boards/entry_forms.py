"""Forms of entries: between what people type into fields and the answers that a board stores."""

from collections.abc import Mapping, Sequence
from typing import Any

from boards.entries.context import EntryContext
from boards.entries.field_values import AnswerInvalid
from boards.forms import active_fields
from boards.imports.column_mapping import parse_cell
from boards.shapes import Entry, Field, Fields
from core.errors import Invalid
from forum.files.files import prepare_file, store_file
from members.profiles.trust import permissions_of
from pages.shell.context import PageContext
from pages.shell.forms import Typed
from pages.shell.uploads import Upload


def fields_of(sheet: EntryContext, typed: Typed) -> Fields:
    """What was typed, as answers; an emptied field is None. Raises `AnswerInvalid` where it cannot be read."""
    return {field.key: _answer(sheet, field, typed) for field in active_fields(sheet.form)}


def typed_of(sheet: EntryContext, entry: Entry) -> dict[str, list[str]]:
    """What an entry says, as it stands in the fields of its form."""
    return _typed_fields(sheet, entry.fields or {})


def _typed_fields(sheet: EntryContext, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    return {f"f_{field.key}": _typed(answers.get(field.key)) for field in active_fields(sheet.form)}


def rebased(
    sheet: EntryContext, typed: Typed, started: Mapping[str, Any], now: Entry
) -> dict[str, Sequence[str]]:
    """The form of an entry as it is now, with what was changed in the one that somebody began with earlier."""
    before, current = _typed_fields(sheet, started), typed_of(sheet, now)
    own = {
        name: typed.get(name, ()) for name in current if list(typed.get(name, ())) not in ([""], before[name])
    }
    own |= {name: typed[name] for name in current if list(typed.get(name, ())) == [""] and before[name]}
    return {**typed, **current, **own}


async def stored(
    context: PageContext, sheet: EntryContext, typed: Typed, uploads: Mapping[str, Upload]
) -> Typed:
    """The form with the files that were chosen stored, each under the number it has now. One that is refused says at
    which field."""
    kept = dict(typed)
    for field in active_fields(sheet.form):
        upload = uploads.get(f"up_{field.key}")
        if field.type == "file" and upload is not None:
            rights = permissions_of(context.trust, context.actor)
            try:
                prepared = await prepare_file(context.db, context.actor, upload.name, upload.content, rights)
                async with context.db.begin() as tx:
                    made = await store_file(tx, context.actor, prepared, rights)
            except Invalid as refusal:
                raise AnswerInvalid(refusal.detail, field=field.key) from None
            kept[f"f_{field.key}"] = [f"file {made.id}"]
    return kept


def _answer(sheet: EntryContext, field: Field, typed: Typed) -> Any:
    given = [value for value in typed.get(f"f_{field.key}", ()) if value.strip()]
    if not given:
        return None
    if field.type == "some_of":
        return list(given)
    # A number or a date as people write it, which is what tables bring too.
    return (
        parse_cell(field, given[0].strip(), sheet.taxonomies)
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
