"""What is too intricate to render: Markdown that would take long or swell, found by counting before it is tried.

A table's cells are columns times rows however short the rows are, each quote mark of a line is a block in a block, and
each reference to a footnote writes a way back into the note: the three by which a short text becomes a very long page.
"""

import re

from core.errors import Invalid

COLUMNS = 60
CELLS = 4_000
DEPTH = 40
REFERENCES = 150
SWELLING = 16
ALWAYS = 6_000

_DELIMITERS = re.compile(r"^(?=[^\n]*[|:])[^\S\n]*(?:>[^\S\n]*)*[|:-][|:\- \t\v\f]*$", re.M)
_MARKS = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+", re.M)
_MARK = re.compile(r"[>*+-]|\d+[.)]")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "input"})


class TooIntricate(Invalid):
    """The text would take too long to show, or would become much longer than it is."""

    message = "This text nests or repeats too much to be shown. Use fewer levels, smaller tables, fewer footnotes or links."


def ensure_can_render(body: str) -> None:
    """Tables, nesting and footnotes stay within bounds that nobody who writes to people reaches."""
    if body.count("[^") > REFERENCES:
        raise TooIntricate("This text has too many footnotes.", field="body")
    if "|" in body or ":-" in body or "-:" in body:
        _ensure_small_tables(body)
    if any(len(_MARK.findall(marks[0])) > DEPTH for marks in _MARKS.finditer(body)):
        raise TooIntricate("This text has quotes or lists nested too deeply.", field="body")


def ensure_output_within_bounds(rendered: str, body: str) -> None:
    """What came out is neither much longer than what was written nor nested deeper than a page can show."""
    if len(rendered) > max(ALWAYS, SWELLING * len(body)):
        raise TooIntricate(field="body")
    if rendered.count("</") > DEPTH and _depth(rendered) > 2 * DEPTH:
        raise TooIntricate("This text is nested too deeply.", field="body")


def _ensure_small_tables(body: str) -> None:
    cells = 0
    for row in _DELIMITERS.finditer(body):
        columns = row[0].count("|") + 1
        if columns > COLUMNS:
            raise TooIntricate("This text has a table with too many columns.", field="body")
        end = _end_of_paragraph(body, row.end())
        cells += columns * (body.count("\n", row.end(), end) + 1)
        if cells > CELLS:
            raise TooIntricate("This text has too large a table.", field="body")


def _end_of_paragraph(body: str, start: int) -> int:
    end = body.find("\n\n", start)
    return len(body) if end < 0 else end


def _depth(rendered: str) -> int:
    depth = deepest = 0
    for tag in _TAG.finditer(rendered):
        if tag[1]:
            depth -= 1
        elif tag[2] not in _VOID:
            depth += 1
            if depth > deepest:
                deepest = depth
    return deepest
