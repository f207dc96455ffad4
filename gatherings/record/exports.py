"""Exports: records as tables in CSV and XLSX, protected against formula injection."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO, StringIO

import xlsxwriter
from msgspec import Struct

from core.languages.texts import current_language, gettext, pgettext, translatable
from gatherings.record.names import NOT_SAID, poll_kind_name, question_state_name, room_state_name, slug_name
from gatherings.shapes.record import (
    Attendance,
    GatheringReport,
    ReportedChoice,
    ReportedNotice,
    ReportedPoll,
    ReportedQuestion,
    RoomReport,
)
from members.profiles.countries import country_in
from members.shapes import Author, Taxonomies

Cell = str | int

# The characters with which spreadsheets begin a formula, also in full width and after spaces.
_FORMULA_STARTS = "=+-@＝＋－＠"
# Also after apostrophes, so that text that has some itself can be told from text that was escaped.
_FORMULA = re.compile(rf"'*(?:[\t\r\n]|\s*[{re.escape(_FORMULA_STARTS)}])")
_FORMULA_AFTER_SEPARATOR = re.compile(rf"([;\t\r\n]\s*)(?='*[{re.escape(_FORMULA_STARTS)}])")
_ESCAPED_AFTER_SEPARATOR = re.compile(rf"([;\t\r\n]\s*)'(?='*[{re.escape(_FORMULA_STARTS)}])")
# The maximum length of a text in an XLSX cell, in characters.
MAX_XLSX_TEXT = 32_767
# In names of worksheets, Excel allows so many characters and none of these.
_MAX_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
ANONYMOUS = translatable("(anonymous)")
_NO_NAMES = Taxonomies()
# By this mark, Excel recognizes UTF-8.
BYTE_ORDER_MARK = "\ufeff".encode()


class ExportTable(Struct, frozen=True):
    """A table with a name, column headings and rows: a worksheet in XLSX, a block of lines in CSV."""

    name: str
    headings: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def tables_of(report: RoomReport | GatheringReport, taxonomies: Taxonomies = _NO_NAMES) -> list[ExportTable]:
    """Return the tables of a record, in the current language."""
    reports = report.rooms if isinstance(report, GatheringReport) else [report]
    attendance = list(_attendance_rows(report.attendance, taxonomies))
    return [
        # NOTE: The names of tables are names of worksheets: at most 31 characters, all different.
        ExportTable(
            pgettext("table", "Report"),
            (pgettext("heading", "Fact"), pgettext("heading", "Value")),
            list(_fact_rows(report)),
        ),
        ExportTable(
            pgettext("table", "Attendance"),
            # NOTE: By what members are counted, such as "Country"; which one, such as "Peru"; and how many they are.
            (pgettext("heading", "By"), pgettext("heading", "Which"), gettext("Members")),
            attendance,
        ),
        _question_table(reports),
        _poll_table(reports),
        _notice_table(reports),
        _choice_table(reports),
    ]


def _question_table(reports: Sequence[RoomReport]) -> ExportTable:
    headings = (
        gettext("Room"),
        pgettext("heading", "Number"),
        pgettext("heading", "State"),
        gettext("Votes"),
        gettext("Question"),
        gettext("Asked by"),
        gettext("Reason"),
        # NOTE: How and when a question was answered.
        pgettext("heading", "Answered"),
        pgettext("noun", "Answer"),
        # NOTE: Who wrote the answer or the notice in the same row.
        pgettext("author", "By"),
    )
    rows = [(one.title, *_question_cells(question)) for one in reports for question in one.questions]
    return ExportTable(pgettext("table", "Questions"), headings, rows)


def _poll_table(reports: Sequence[RoomReport]) -> ExportTable:
    headings = (
        gettext("Room"),
        gettext("Poll"),
        pgettext("poll", "Kind"),
        gettext("Ballots"),
        pgettext("noun", "Answer"),
        pgettext("heading", "Count"),
        pgettext("poll", "Points"),
    )
    rows = [(one.title, *line) for one in reports for poll in one.polls for line in _poll_rows(poll)]
    return ExportTable(pgettext("table", "Polls"), headings, rows)


def _notice_table(reports: Sequence[RoomReport]) -> ExportTable:
    headings = (
        gettext("Room"),
        pgettext("noticeboard", "Column"),
        gettext("Title"),
        pgettext("noun", "Text"),
        pgettext("author", "By"),
        gettext("Replies"),
        pgettext("noun", "Thanks"),
        # NOTE: When a notice was posted.
        pgettext("heading", "Posted"),
    )
    rows = [(one.title, *_notice_cells(notice)) for one in reports for notice in one.notices]
    return ExportTable(pgettext("table", "Notices"), headings, rows)


def _choice_table(reports: Sequence[RoomReport]) -> ExportTable:
    headings = (
        gettext("Room"),
        # NOTE: The number of a question.
        gettext("Question"),
        # NOTE: The text of a question.
        pgettext("heading", "Asked"),
        pgettext("heading", "State"),
        gettext("Reason"),
        pgettext("heading", "When"),
    )
    rows = [(one.title, *_choice_cells(choice)) for one in reports for choice in one.choices]
    # NOTE: What the hosts decided about questions.
    return ExportTable(pgettext("table", "Choices"), headings, rows)


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
        page = book.add_worksheet(_NOT_IN_SHEET_NAMES.sub(" ", table.name)[:_MAX_SHEET_NAME])
        page.set_column(0, len(table.headings) - 1, 24)
        page.freeze_panes(1, 0)
        if current_language().direction == "rtl":
            page.right_to_left()
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
    yield (gettext("Title"), report.title)
    if isinstance(report, RoomReport):
        yield (pgettext("heading", "State"), room_state_name(report.state))
    else:
        yield (pgettext("event", "Begins"), _time(report.starts_at))
        yield (pgettext("event", "Ends"), _time(report.ends_at))
        yield (gettext("Time zone"), report.time_zone)
    # NOTE: When the report was made.
    yield (pgettext("heading", "Made"), _time(report.made_at))
    yield (gettext("Members who were there"), report.attendance.members)
    totals = report.totals
    yield (gettext("Questions"), totals.questions)
    yield (gettext("Votes"), totals.votes)
    # NOTE: The number of questions that were answered.
    yield (pgettext("figure", "Answered"), totals.answered)
    yield (gettext("Notices"), totals.notices)
    yield (gettext("Polls"), totals.polls)


def _attendance_rows(attendance: Attendance, taxonomies: Taxonomies) -> Iterator[tuple[Cell, ...]]:
    yield from ((gettext("Day"), day.day, day.members) for day in attendance.days)
    for slug, count in attendance.groups.items():
        yield (gettext("Stakeholder group"), slug_name(slug, taxonomies.group_names), count)
    for code, count in attendance.countries.items():
        yield (gettext("Country"), country_in(current_language(), code) or gettext(NOT_SAID), count)
    for slug, count in attendance.sectors.items():
        yield (gettext("Sector of interest"), slug_name(slug, taxonomies.sector_names), count)
    if not attendance.is_exact:
        yield (pgettext("noun", "Note"), gettext("Groups of fewer than five are left out"), "")


def _question_cells(question: ReportedQuestion) -> tuple[Cell, ...]:
    answered = ""
    if question.answered_how == "writing":
        answered = gettext("in writing")
    elif question.answered_how is not None:
        # NOTE: In the column "Answered": in the room, at this time.
        answered = gettext("live, %(time)s", time=_time(question.settled_at))
    return (
        question.number or "",
        question_state_name(question.state),
        question.votes,
        question.body,
        gettext(ANONYMOUS) if question.anonymous else _name(question.author),
        question.reason or "",
        answered,
        question.answer.body if question.answer else "",
        _name(question.answer.author) if question.answer else "",
    )


def _poll_rows(poll: ReportedPoll) -> Iterator[tuple[Cell, ...]]:
    for line in poll.lines:
        points = "" if line.points is None else line.points
        yield (poll.title, poll_kind_name(poll.kind), poll.ballots, line.label, line.count, points)


def _notice_cells(notice: ReportedNotice) -> tuple[Cell, ...]:
    return (
        notice.column,
        notice.title,
        notice.body,
        _name(notice.author),
        notice.replies,
        notice.thanks,
        _time(notice.posted_at),
    )


def _choice_cells(choice: ReportedChoice) -> tuple[Cell, ...]:
    return (
        choice.question,
        choice.body or "",
        question_state_name(choice.state),
        choice.reason or "",
        _time(choice.at),
    )


def _name(author: Author | None) -> str:
    return author.display_name if author else ""


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""
