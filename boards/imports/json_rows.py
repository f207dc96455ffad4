"""Rows of JSON files: a list of objects, alone or in our own exports, or JSON Lines."""

import msgspec

from boards.imports.headings import RawRow
from core.errors import Invalid
from core.languages.texts import translatable


class JsonUnreadable(Invalid):
    """The file has to be JSON by its name, and cannot be read as such; the text says why."""

    message = translatable("JSON has to be a list of objects, one for each row.")


def read_json(text: str, *, is_named_json: bool) -> list[RawRow] | None:
    """Return the rows of a JSON file with the keys as first row, or None if the text is no JSON and need not be.

    Raises JsonUnreadable.
    """
    if not is_named_json and text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        read = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        read = _read_lines(text)
        if read is None and not is_named_json:
            return None
        if read is None:
            raise JsonUnreadable(
                translatable("This JSON file is damaged: %(error)s."), error=str(error)
            ) from None
    rows = (
        next((read[key] for key in ("entries", "items") if key in read), read)
        if isinstance(read, dict)
        else read
    )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise JsonUnreadable
    # In our own exports, the field values are one level deeper.
    rows = [row["fields"] if isinstance(row.get("fields"), dict) else row for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return [
        RawRow(0, columns),
        *(RawRow(number, [row.get(key) for key in columns]) for number, row in enumerate(rows, 1)),
    ]


def _read_lines(text: str) -> list[object] | None:
    """Return the objects of JSON Lines, one in each line, or None if the text is something else."""
    try:
        found = msgspec.json.Decoder().decode_lines(text) if text.lstrip()[:1] == "{" else []
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if found and all(isinstance(one, dict) for one in found) else None
