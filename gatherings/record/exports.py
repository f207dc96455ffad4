"""Exports: records as tables in CSV and XLSX, protected against formula injection."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO

import xlsxwriter
from msgspec import Struct

from gatherings.shapes.record import (
    Attendance,
    GatheringReport,
    ReportedPoll,
    ReportedQuestion,
    RoomReport,
    Totals,
)
from members.profiles.countries import COUNTRIES
from members.shapes import Author

Cell = str | int

# The characters with which spreadsheets begin a formula, also in full width and after spaces.
_FORMULA_STARTS = "=+-@＝＋－＠"
# Also after apostrophes, so that text that has some itself can be told from text that was escaped.
_FORMULA = re.compile(rf"'*(?:[\t\r\n]|\s*[{re.escape(_FORMULA_STARTS)}])")
_FORMULA_AFTER_SEPARATOR = re.compile(rf"([;\t\r\n]\s*)(?='*[{re.escape(_FORMULA_STARTS)}])")
_ESCAPED_AFTER_SEPARATOR = re.compile(rf"([;\t\r\n]\s*)'(?='*[{re.escape(_FORMULA_STARTS)}])")
# The maximum length of a text in an XLSX cell, in characters.
MAX_XLSX_TEXT = 32_767
NOT_SAID = "(not said)"
ANONYMOUS = "(anonymous)"
# By this mark, Excel recognizes UTF-8.
BYTE_ORDER_MARK = "\ufeff".encode()


class ExportTable(Struct, frozen=True):
    """A table with a name, column headings and rows: a worksheet in XLSX, a block of lines in CSV."""

    name: str
    headings: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def tables_of(report: RoomReport | GatheringReport) -> list[ExportTable]:
    """Return the tables of a record: its facts, attendance, questions, polls, notices and outcomes."""
    reports = report.rooms if isinstance(report, GatheringReport) else [report]
    return [
        ExportTable("Report", ("What", "Value"), list(_fact_rows(report))),
        ExportTable("Attendance", ("By", "Which", "Members"), list(_attendance_rows(report.attendance))),
        ExportTable(
            "Questions",
            ("Room", "Number", "State", "Votes", "Question", "Asked by", "Reason", "Answered", "Answer", "By"),
            [(one.title, *_question_cells(question)) for one in reports for question in one.questions],
        ),
        ExportTable(
            "Polls",
            ("Room", "Poll", "Kind", "Ballots", "Answer", "Count", "Points"),
            [(one.title, *line) for one in reports for poll in one.polls for line in _poll_rows(poll)],
        ),
        ExportTable(
            "Notices",
            ("Room", "Column", "Title", "Text", "By", "Replies", "Thanks", "Posted"),
            [
                (
                    one.title, notice.column, notice.title, notice.body, _name(notice.author), notice.replies,
                    notice.thanks, _time(notice.posted_at),
                )
                for one in reports for notice in one.notices
            ],
        ),
        ExportTable(
            "Choices",
            ("Room", "Question", "Asked", "State", "Reason", "When"),
            [
                (
                    one.title, choice.question, choice.body or "", choice.state.replace("_", " "),
                    choice.reason or "", _time(choice.at),
                )
                for one in reports for choice in one.choices
            ],
        ),
    ]  # fmt: skip


def write_csv(tables: Sequence[ExportTable]) -> bytes:
    """Return all tables in one CSV file, each row preceded by the name of its table, in UTF-8 with a byte order mark."""
    rows = ((table.name, *row) for table in tables for row in (table.headings, *table.rows))
    return BYTE_ORDER_MARK + write_csv_rows(rows)


def write_csv_rows(rows: Iterable[Sequence[str | float]], delimiter: str = ",") -> bytes:
    """Return rows as CSV in UTF-8 without a byte order mark, and without anything that a spreadsheet takes for a formula."""
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    for row in rows:
        writer.writerow([escape_csv_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode()


def write_xlsx(tables: Sequence[ExportTable]) -> bytes:
    """Return an XLSX workbook with one worksheet per table.

    Texts that look like formulas are marked as texts (`quote_prefix`), so that they stay texts when they are edited.
    """
    data = BytesIO()
    book = xlsxwriter.Workbook(data, {"constant_memory": True})
    heading = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    for table in tables:
        page = book.add_worksheet(table.name)
        page.set_column(0, len(table.headings) - 1, 24)
        page.freeze_panes(1, 0)
        for column, word in enumerate(table.headings):
            page.write_string(0, column, word, heading)
        for line, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    page.write_number(line, column, cell, wrapped)
                else:
                    page.write_string(
                        line,
                        column,
                        cell[:MAX_XLSX_TEXT],
                        quoted if escape_formula(cell) != cell else wrapped,
                    )
    book.close()
    return data.getvalue()


def escape_formula(text: str) -> str:
    """Return the text with an apostrophe before it if a spreadsheet would take it for a formula (OWASP, CSV injection)."""
    return f"'{text}" if _FORMULA.match(text) else text


def escape_csv_formula(text: str) -> str:
    """Return the text without anything that a spreadsheet would take for a formula in a CSV file.

    In locales with semicolons as list separators a semicolon in the text begins a new cell, so the text after every
    separator is protected too. `unescape_csv_formula` gives the text back.
    """
    return _FORMULA_AFTER_SEPARATOR.sub(r"\1'", escape_formula(text))


def unescape_csv_formula(text: str) -> str:
    """Return the text of a cell that `escape_csv_formula` has written."""
    if "'" not in text:
        return text
    plain = _ESCAPED_AFTER_SEPARATOR.sub(r"\1", text)
    return plain[1:] if plain.startswith("'") and _FORMULA.match(plain) else plain


def _fact_rows(report: RoomReport | GatheringReport) -> Iterator[tuple[Cell, ...]]:
    yield ("Title", report.title)
    if isinstance(report, RoomReport):
        yield ("State", report.state)
    else:
        yield ("Begins", _time(report.starts_at))
        yield ("Ends", _time(report.ends_at))
        yield ("Time zone", report.time_zone)
    yield ("Made", _time(report.made_at))
    yield ("Members who were there", report.attendance.members)
    yield from ((name.capitalize(), getattr(report.totals, name)) for name in Totals.__struct_fields__)


def _attendance_rows(attendance: Attendance) -> Iterator[tuple[Cell, ...]]:
    yield from (("Day", day.day, day.members) for day in attendance.days)
    yield from (("Stakeholder group", _words(slug), n) for slug, n in attendance.groups.items())
    yield from (
        ("Country", COUNTRIES.get(code, code) or NOT_SAID, n) for code, n in attendance.countries.items()
    )
    yield from (("Sector of interest", _words(slug), n) for slug, n in attendance.sectors.items())
    if not attendance.is_exact:
        yield ("Note", "Groups of fewer than five are left out", "")


def _question_cells(question: ReportedQuestion) -> tuple[Cell, ...]:
    answered = ""
    if question.answered_how is not None:
        answered = (
            "in writing" if question.answered_how == "writing" else f"live, {_time(question.settled_at)}"
        )
    return (
        question.number or "",
        question.state.replace("_", " "),
        question.votes,
        question.body,
        ANONYMOUS if question.anonymous else _name(question.author),
        question.reason or "",
        answered,
        question.answer.body if question.answer else "",
        _name(question.answer.author) if question.answer else "",
    )


def _poll_rows(poll: ReportedPoll) -> Iterator[tuple[Cell, ...]]:
    for line in poll.lines:
        points = "" if line.points is None else line.points
        yield (poll.title, poll.kind, poll.ballots, line.label, line.count, points)


def _name(author: Author | None) -> str:
    return author.display_name if author else ""


def _words(slug: str) -> str:
    return slug.replace("-", " ").capitalize() or NOT_SAID


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""
