"""The delimiter of a CSV file: the one that gives the rows the same number of cells. Only those outside quotes count."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection
from itertools import islice

from boards.imports.headings import FIRST_ROWS, column_key

# In the order that decides ties: a comma is also in numbers and sentences.
DELIMITERS = "\t;|,"
_SAMPLE = 64 * 1024
# The first line with which Excel is told the delimiter.
_SEP_LINE = re.compile(r'"?sep=(\\t|tab|[^\r\n"])"?[ \t;,|]*(?:\r\n?|\n)', re.IGNORECASE)


def split_sep_line(text: str) -> tuple[str | None, str]:
    """Return the delimiter that a first line such as `sep=;` names, or None, and the text after that line."""
    found = _SEP_LINE.match(text[:64])
    if found is None:
        return None, text
    return found[1] if len(found[1]) == 1 else "\t", text[found.end() :]


def find_delimiter(text: str, known: Collection[str] = ()) -> str:
    """Return the delimiter of a CSV text, found in its first 64 KiB; a tab if it has only one column.

    `known` are names of columns: a delimiter between them is the one.
    """
    sample = text[:_SAMPLE]
    if by_names := _find_by_names(sample, frozenset(known)):
        return by_names
    counts, tight = _count_per_record(sample)
    if not counts:
        return "\t"
    # In sentences and lists, a space follows each character; if the first row has none, it separates nothing.
    candidates = [one for one in DELIMITERS if one in tight or counts[0][one]]
    if found := _most_regular(counts, candidates):
        return found
    # Below a title and notes, which have other characters.
    after = {one: _from_first(counts, one) for one in candidates}
    ranked = [
        (rank, one) for one in candidates if len(after[one]) > 1 and (rank := _rank(after[one], one))[0] > 0.5
    ]
    if ranked:
        return max(ranked, key=lambda one: one[0])[1]
    return max(DELIMITERS, key=lambda one: counts[0][one]) if counts[0].total() else "\t"


def _find_by_names(sample: str, known: frozenset[str]) -> str:
    matches = {delimiter: _count_names(sample, delimiter, known) for delimiter in DELIMITERS} if known else {}
    best = max(matches.values(), default=0)
    found = [delimiter for delimiter, count in matches.items() if count == best]
    return found[0] if best and len(found) == 1 else ""


def _count_names(sample: str, delimiter: str, known: frozenset[str]) -> int:
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return max(
            (len({column_key(cell) for cell in row} & known) for row in islice(rows, FIRST_ROWS)), default=0
        )
    except csv.Error:
        return 0


def _most_regular(counts: list[Counter[str]], candidates: Collection[str]) -> str:
    """Return the delimiter that most rows have equally often, if these are more than half of all rows."""
    ranks = [(_rank(counts, one), one) for one in candidates]
    best = max((rank for rank, _ in ranks), default=(0.0, 0))
    return next((one for rank, one in ranks if rank == best), "") if best[0] > 0.5 else ""


def _rank(counts: list[Counter[str]], delimiter: str) -> tuple[float, int]:
    widths = Counter(record[delimiter] for record in counts)
    width, records = max(widths.items(), key=lambda one: (one[1], one[0]))
    return (round(records / len(counts), 2), width) if width else (0.0, 0)


def _from_first(counts: list[Counter[str]], delimiter: str) -> list[Counter[str]]:
    at = next((index for index, record in enumerate(counts) if record[delimiter]), len(counts))
    return counts[at:] if at < FIRST_ROWS else []


def _count_per_record(sample: str) -> tuple[list[Counter[str]], set[str]]:
    """Return how often each delimiter is outside quotes in each record with text, and those without a space after them."""
    records: list[Counter[str]] = []
    tight: set[str] = set()
    current, is_quoted, is_empty, before = Counter[str](), False, True, "\n"
    for character in sample:
        if before in DELIMITERS and character != " " and not is_quoted:
            tight.add(before)
        if is_quoted:
            # A doubled quote ends the quotes and begins them again.
            is_quoted = character != '"'
            before = "quoted" if is_quoted else character
            continue
        if character == '"' and (before in DELIMITERS or before in '\n\r" '):
            is_quoted, is_empty = True, False
        elif character in "\r\n":
            if not is_empty:
                records.append(current)
            current, is_empty = Counter[str](), True
        elif character in DELIMITERS:
            current[character] += 1
        elif not character.isspace():
            is_empty = False
        before = character
    # The last record of a sample may be cut.
    if not is_empty and (not records or len(sample) < _SAMPLE):
        records.append(current)
    return records, tight
