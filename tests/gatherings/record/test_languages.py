"""Tests of the language of records that people download: headings and states follow it, what members wrote does not."""

from datetime import UTC, datetime
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from core.languages.languages import Language, languages
from core.languages.texts import speaking
from gatherings.record.exports import tables_of, write_xlsx
from gatherings.shapes.record import (
    Attendance,
    PollLine,
    ReportedChoice,
    ReportedNotice,
    ReportedPoll,
    ReportedQuestion,
    RoomReport,
    Totals,
)
from tests.support.languages.pseudo import ACCENTED, MIRRORED

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
REPORT = RoomReport(
    room=1, gathering=1, topic=1, title="A room", state="closed", is_full=False, made_at=NOON, totals=Totals(),
    attendance=Attendance(
        members=9, days=[], groups={"": 9}, countries={"": 9}, sectors={}, is_exact=False
    ),
    questions=[
        ReportedQuestion(
            id=1, post=1, number=2, state="on_stage", votes=3, body="Why?", html="", author=None, anonymous=True,
            settled_at=NOON, reason=None, answered_how="live", answer=None,
        )
    ],
    notices=[
        ReportedNotice(
            id=1, column="Cars", title="A car", body="To share", html="", author=None, replies=0, thanks=0,
            posted_at=NOON,
        )
    ],
    polls=[
        ReportedPoll(id=1, kind="ranked", title="Which?", ballots=1, lines=[PollLine("This", 1, 2)], groups=None)
    ],
    choices=[ReportedChoice(question=1, body="Why?", state="merged", reason="The same", at=NOON)],
)  # fmt: skip


def is_translated(text: object) -> bool:
    return isinstance(text, str) and text.startswith("⟦") and text.endswith("⟧")


def test_headings_and_states_are_in_the_language_of_the_request() -> None:
    with speaking(ACCENTED):
        tables = tables_of(REPORT)

    for table in tables:
        assert is_translated(table.name)
        assert [heading for heading in table.headings if not is_translated(heading)] == []
    facts, attendance, questions, polls, notices, choices = (table.rows for table in tables)
    assert [row[0] for row in (*facts, *attendance) if not is_translated(row[0])] == []
    assert [row[1] for row in attendance if not is_translated(row[1])] == [], "not said, and the note"
    ((room, number, state, votes, body, asker, _, answered, _, _),) = questions
    assert (room, number, votes, body) == ("A room", 2, 3, "Why?")
    assert all(map(is_translated, (state, asker, answered)))
    assert [is_translated(cell) for cell in polls[0]] == [False, False, True, False, False, False, False]
    assert notices[0][:4] == ("A room", "Cars", "A car", "To share")
    assert [is_translated(cell) for cell in choices[0]] == [False, False, False, True, False, False]


@pytest.mark.parametrize("language", [*languages().values(), ACCENTED, MIRRORED], ids=lambda one: one.tag)
def test_a_workbook_can_be_written_in_each_language(language: Language) -> None:
    with speaking(language):
        tables = tables_of(REPORT)
        written = write_xlsx(tables)

    with ZipFile(BytesIO(written)) as book:
        sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iter()
        names = [sheet.attrib["name"] for sheet in sheets if sheet.tag.endswith("}sheet")]
        first = book.read("xl/worksheets/sheet1.xml").decode()
    assert len(set(names)) == len(tables)
    assert ('rightToLeft="1"' in first) is (language.direction == "rtl")
