"""Reports as files: sheets of a few columns, as CSV and as XLSX. What people wrote stays text, whatever it begins with."""

import csv
import re
from collections.abc import Iterator, Sequence
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

# What spreadsheets take for the beginning of a formula, also after blanks and in its full width.
_FORMULA = "=+-@＝＋－＠"
_BEGINS = re.compile(rf"([;\t\r\n]\s*)([{re.escape(_FORMULA)}])")
# The longest text that a cell of XLSX holds.
_LONGEST = 32_767
NOT_SAID = "(not said)"
ANONYMOUS = "(anonymous)"


class ExportTable(Struct, frozen=True):
    """A table with a name and headings."""

    name: str
    headings: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


def tables_of(report: RoomReport | GatheringReport) -> list[ExportTable]:
    """A report as sheets."""
    reports = report.rooms if isinstance(report, GatheringReport) else [report]
    return [
        ExportTable("Report", ("What", "Value"), list(_facts(report))),
        ExportTable("Attendance", ("By", "Which", "Members"), list(_attendance(report.attendance))),
        ExportTable(
            "Questions",
            ("Room", "Number", "State", "Votes", "Question", "Asked by", "Reason", "Answered", "Answer", "By"),
            [(one.title, *_question(question)) for one in reports for question in one.questions],
        ),
        ExportTable(
            "Polls",
            ("Room", "Poll", "Kind", "Ballots", "Answer", "Count", "Points"),
            [(one.title, *line) for one in reports for poll in one.polls for line in _poll(poll)],
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


def write_csv(sheets: Sequence[ExportTable]) -> bytes:
    """All sheets one under the other, the name of its sheet before each row; in UTF-8 with the mark that Excel wants."""
    text = StringIO()
    writer = csv.writer(text)
    for sheet in sheets:
        writer.writerow((sheet.name, *sheet.headings))
        for row in sheet.rows:
            writer.writerow(
                (sheet.name, *(escape_csv_formula(cell) if isinstance(cell, str) else cell for cell in row))
            )
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(sheets: Sequence[ExportTable]) -> bytes:
    """A workbook; texts are written as texts and marked as such, so they stay texts when they are edited."""
    data = BytesIO()
    book = xlsxwriter.Workbook(data, {"constant_memory": True})
    heading = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.set_column(0, len(sheet.headings) - 1, 24)
        page.freeze_panes(1, 0)
        for column, word in enumerate(sheet.headings):
            page.write_string(0, column, word, heading)
        for line, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    page.write_number(line, column, cell, wrapped)
                else:
                    page.write_string(
                        line, column, cell[:_LONGEST], quoted if escape_formula(cell) != cell else wrapped
                    )
    book.close()
    return data.getvalue()


def escape_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    begins = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(tuple(_FORMULA))
    return f"'{text}" if begins else text


def escape_csv_formula(text: str) -> str:
    """The same in CSV. Where a list is separated by semicolons, spreadsheets read ours so too: then also what follows one
    begins a cell."""
    return _BEGINS.sub(r"\1'\2", escape_formula(text))


def _facts(report: RoomReport | GatheringReport) -> Iterator[tuple[Cell, ...]]:
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


def _attendance(attendance: Attendance) -> Iterator[tuple[Cell, ...]]:
    yield from (("Day", day.day, day.members) for day in attendance.days)
    yield from (("Stakeholder group", _words(slug), n) for slug, n in attendance.groups.items())
    yield from (
        ("Country", COUNTRIES.get(code, code) or NOT_SAID, n) for code, n in attendance.countries.items()
    )
    yield from (("Sector of interest", _words(slug), n) for slug, n in attendance.sectors.items())
    if not attendance.is_exact:
        yield ("Note", "Groups of fewer than five are left out", "")


def _question(question: ReportedQuestion) -> tuple[Cell, ...]:
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


def _poll(poll: ReportedPoll) -> Iterator[tuple[Cell, ...]]:
    for line in poll.lines:
        points = "" if line.points is None else line.points
        yield (poll.title, poll.kind, poll.ballots, line.label, line.count, points)


def _name(author: Author | None) -> str:
    return author.display_name if author else ""


def _words(slug: str) -> str:
    return slug.replace("-", " ").capitalize() or NOT_SAID


def _time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""
