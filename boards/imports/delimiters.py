"""The delimiter of a CSV file: the one that gives the rows the same number of cells. Only those outside quotes count."""

from collections import Counter

# In the order that decides ties: a comma is also in numbers and sentences.
DELIMITERS = "\t;|,"
_SAMPLE = 64 * 1024


def find_delimiter(text: str) -> str:
    """Return the delimiter of a CSV text, found in its first 64 KiB; a comma if it has only one column."""
    counts = _count_per_record(text[:_SAMPLE])
    best, best_rank = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [record.get(delimiter, 0) for record in counts]
        width, records = max(Counter(widths).items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        rank = (round(records / len(widths), 2), width) if width else (0.0, 0)
        if rank > best_rank:
            best, best_rank = delimiter, rank
    if best_rank[0] <= 0.5:
        # No two rows are alike: a comma in some sentences separates nothing, unless the first row has it as well.
        return (
            max(DELIMITERS, key=lambda one: counts[0].get(one, 0))
            if counts and any(counts[0].values())
            else "\t"
        )
    return best


def _count_per_record(sample: str) -> list[Counter[str]]:
    """Return how often each delimiter is outside quotes in each record that is not empty."""
    records: list[Counter[str]] = []
    current, is_quoted, is_empty, before = Counter[str](), False, True, "\n"
    for sign in sample:
        if is_quoted:
            # A doubled quote ends the quotes and begins them again.
            is_quoted = sign != '"'
        elif sign == '"' and (before in DELIMITERS or before in '\n\r" '):
            is_quoted, is_empty = True, False
        elif sign in "\r\n":
            if not is_empty:
                records.append(current)
            current, is_empty = Counter[str](), True
        elif sign in DELIMITERS:
            current[sign] += 1
        elif not sign.isspace():
            is_empty = False
        before = sign
    # The last record of a sample may be cut.
    if not is_empty and (not records or len(sample) < _SAMPLE):
        records.append(current)
    return records
