"""The sections of a room's record: its polls, notices and outcomes, read with the rules that apply to them elsewhere."""

from collections.abc import Iterator

import msgspec
from asyncpg import Record
from msgspec import UNSET

from core.actor import Actor
from core.ids import RoomId
from core.languages.prepared import prepared_text
from gatherings.notices.default_columns import SUGGESTED
from gatherings.notices.reading import find_notices
from gatherings.polls.reading import poll_facts_of
from gatherings.polls.results import PollFacts, count_poll, scale_points
from gatherings.questions.outcomes import read_outcomes
from gatherings.shapes.notices import Notice
from gatherings.shapes.polls import PollResults
from gatherings.shapes.record import PollLine, ReportedChoice, ReportedNotice, ReportedPoll
from storage.database import Reader
from storage.statements import statement

# The record of a room with more outcomes than these pages contain is cut off after them.
MAX_OUTCOME_PAGES = 20


SELECT_CLOSED_POLLS = statement("SELECT * FROM polls WHERE room_id = :room AND state = 'closed' ORDER BY id")
SELECT_NOTICES_WITH_COLUMNS = statement("""
SELECT n.id, c.title AS column_title FROM notices n JOIN board_columns c ON c.id = n.column_id
WHERE n.room_id = :room ORDER BY c.place, c.id, n.id
""")


async def read_closed_polls(tx: Reader, room_id: RoomId) -> list[ReportedPoll]:
    """Return the closed polls of a room with their public results; drafts and open polls are not part of the record."""
    return [await _poll_of(tx, row) for row in await tx.rows(SELECT_CLOSED_POLLS, room=room_id)]


async def read_recorded_notices(tx: Reader, room_id: RoomId, audience: str) -> list[ReportedNotice]:
    """Return a room's notices as an audience sees them, by column; for hosts also the expired ones."""
    columns = {
        row["id"]: prepared_text(row["column_title"], SUGGESTED)
        for row in await tx.rows(SELECT_NOTICES_WITH_COLUMNS, room=room_id)
    }
    visible = await find_notices(tx, list(columns), audience) if columns else {}
    shown = (visible[number] for number in columns if number in visible)
    return [
        _notice_of(notice, columns[notice.id])
        for notice in shown
        if notice.state in ("published", "expired") and notice.title is not UNSET
    ]


async def read_recorded_outcomes(tx: Reader, actor: Actor, room_id: RoomId) -> list[ReportedChoice]:
    """Return what became of a room's questions, the oldest first; raise ChoicesNotPublished."""
    outcomes: list[ReportedChoice] = []
    bodies: dict[int, str] = {}
    after = None
    for _ in range(MAX_OUTCOME_PAGES):
        page = await read_outcomes(tx, actor, room_id, after)
        bodies |= {one.question: one.body for one in page.items if one.body is not UNSET}
        outcomes += [
            ReportedChoice(
                question=one.question,
                body=bodies.get(one.question),
                state=one.state,
                reason=None if one.reason is UNSET else one.reason,
                at=one.at,
            )
            for one in page.items
            if one.what == "moved"
        ]
        after = page.next
        if after is None:
            break
    return outcomes


async def _poll_of(tx: Reader, row: Record) -> ReportedPoll:
    poll = poll_facts_of(row)
    results = msgspec.convert(row["results"], PollResults) if row["results"] else await count_poll(tx, poll)
    return ReportedPoll(
        id=poll.id,
        kind=poll.kind,
        title=poll.title,
        ballots=results.ballots,
        lines=list(_lines(poll, results)),
        groups=None if results.groups is UNSET else results.groups,
    )


def _lines(poll: PollFacts, results: PollResults) -> Iterator[PollLine]:
    if poll.kind == "words":
        words = [] if results.words is UNSET else results.words
        yield from (PollLine(word.word, word.count) for word in words)
        return
    counts = [] if results.counts is UNSET else results.counts
    labels = [str(point) for point in scale_points(poll.settings)] if poll.kind == "scale" else poll.options
    points = None if results.points is UNSET else results.points
    for place, (label, count) in enumerate(zip(labels, counts, strict=False)):
        yield PollLine(label, count, points[place] if points else None)


def _notice_of(notice: Notice, column: str) -> ReportedNotice:
    shown = {name: getattr(notice, name) for name in ReportedNotice.__struct_fields__ if name != "column"}
    return ReportedNotice(**shown, column=column)
