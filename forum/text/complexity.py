"""Limits on Markdown that is slow to render or makes a very long page, checked by counting before it is rendered.

A short text becomes a very long page in three ways: a table has columns times rows cells even if its rows are short,
each `>` at the start of a line opens another nested block, and each reference to a footnote adds a back link to the note.
"""

import re

from core.errors import Invalid
from core.languages.texts import translatable

MAX_TABLE_COLUMNS = 60
MAX_TABLE_CELLS = 4_000
MAX_DEPTH = 40
MAX_FOOTNOTE_REFERENCES = 150
# The HTML may be this many times as long as the source; HTML of up to `ALWAYS_ALLOWED_LENGTH` characters is always accepted.
MAX_GROWTH = 16
ALWAYS_ALLOWED_LENGTH = 6_000

# The renderer counts the brackets of an address again for each bracket at its end.
MAX_BRACKETS_IN_ADDRESS = 500
_TABLE_DELIMITER_ROW = re.compile(r"^(?=[^\n]*[|:])[^\S\n]*(?:>[^\S\n]*)*[|:-][|:\- \t\v\f]*$", re.M)
_BLOCK_MARKERS = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+", re.M)
_BLOCK_MARKER = re.compile(r"[>*+-]|\d+[.)]")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_VOID_ELEMENTS = frozenset({"br", "hr", "img", "input"})


class TooIntricate(Invalid):
    """The text would take too long to render, or its HTML would be nested too deeply or far longer than the text."""

    message = translatable(
        "This text nests or repeats too much to be shown. Use fewer levels, smaller tables, fewer footnotes or links."
    )


def ensure_can_render(body: str) -> None:
    """Raise TooIntricate if a Markdown text has more footnotes, table cells or nested blocks than the limits above."""
    if body.count("[^") > MAX_FOOTNOTE_REFERENCES:
        raise TooIntricate(translatable("This text has too many footnotes."), field="body")
    if "|" in body or ":-" in body or "-:" in body:
        _ensure_small_tables(body)
    if any(len(_BLOCK_MARKER.findall(run[0])) > MAX_DEPTH for run in _BLOCK_MARKERS.finditer(body)):
        raise TooIntricate(translatable("This text has quotes or lists nested too deeply."), field="body")


def may_link_addresses(body: str) -> bool:
    """Return whether the renderer finds the addresses in a text in time proportional to its length."""
    if body.count(")") <= MAX_BRACKETS_IN_ADDRESS:
        return True
    return all(one.count(")") <= MAX_BRACKETS_IN_ADDRESS for one in body.split())


def ensure_output_within_bounds(rendered: str, body: str) -> None:
    """Raise TooIntricate if the rendered HTML is many times longer than its source or too deeply nested for a page."""
    if len(rendered) > max(ALWAYS_ALLOWED_LENGTH, MAX_GROWTH * len(body)):
        raise TooIntricate(field="body")
    if rendered.count("</") > MAX_DEPTH and _depth(rendered) > 2 * MAX_DEPTH:
        raise TooIntricate(translatable("This text is nested too deeply."), field="body")


def _ensure_small_tables(body: str) -> None:
    cells = 0
    for row in _TABLE_DELIMITER_ROW.finditer(body):
        columns = row[0].count("|") + 1
        if columns > MAX_TABLE_COLUMNS:
            raise TooIntricate(translatable("This text has a table with too many columns."), field="body")
        end = _end_of_paragraph(body, row.end())
        cells += columns * (body.count("\n", row.end(), end) + 1)
        if cells > MAX_TABLE_CELLS:
            raise TooIntricate(translatable("This text has too large a table."), field="body")


def _end_of_paragraph(body: str, start: int) -> int:
    end = body.find("\n\n", start)
    return len(body) if end < 0 else end


def _depth(rendered: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(rendered):
        if tag[1]:
            depth -= 1
        elif tag[2] not in _VOID_ELEMENTS:
            depth += 1
            if depth > deepest:
                deepest = depth
    return deepest
