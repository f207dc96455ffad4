"""What of a room's polls, board and choices stands in its report: read through what shows them elsewhere."""

from collections.abc import Iterator

import msgspec
from asyncpg import Record
from msgspec import UNSET

from core.actor import Actor
from core.ids import RoomId
from gatherings.notices.reading import find_notices
from gatherings.polls.reading import poll_facts_of
from gatherings.polls.results import PollFacts, count_poll, points_of
from gatherings.questions.outcomes import read_outcomes
from gatherings.shapes.notices import Notice
from gatherings.shapes.polls import PollResults
from gatherings.shapes.record import PollLine, ReportedChoice, ReportedNotice, ReportedPoll
from storage.database import Reader
from storage.statements import statement

# Of a room whose questions took more steps than this the report keeps the first.
MOST_PAGES = 20

# Drafts and what is open have no place in a record.
_CLOSED = statement("SELECT * FROM polls WHERE room_id = :room AND state = 'closed' ORDER BY id")
_NOTICES = statement("""
SELECT n.id, c.title AS column_title FROM notices n JOIN board_columns c ON c.id = n.column_id
WHERE n.room_id = :room ORDER BY c.place, c.id, n.id
""")


async def report_polls(tx: Reader, room_id: RoomId) -> list[ReportedPoll]:
    """The closed polls of a room, with the results that everybody sees."""
    return [await _poll_of(tx, row) for row in await tx.rows(_CLOSED, room=room_id)]


async def report_notices(tx: Reader, room_id: RoomId, audience: str) -> list[ReportedNotice]:
    """The notices on a room's board as a class of listeners sees them; hosts also those that have expired."""
    columns = {row["id"]: row["column_title"] for row in await tx.rows(_NOTICES, room=room_id)}
    found = await find_notices(tx, list(columns), audience) if columns else {}
    shown = (found[number] for number in columns if number in found)
    return [
        _notice_of(notice, columns[notice.id])
        for notice in shown
        if notice.state in ("published", "expired") and notice.title is not UNSET
    ]


async def report_choices(tx: Reader, actor: Actor, room_id: RoomId) -> list[ReportedChoice]:
    """What became of the questions, step by step. Asked only where the actor may read it."""
    choices: list[ReportedChoice] = []
    bodies: dict[int, str] = {}
    after = None
    for _ in range(MOST_PAGES):
        page = await read_outcomes(tx, actor, room_id, after)
        bodies |= {one.question: one.body for one in page.items if one.body is not UNSET}
        choices += [
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
    return choices


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
    labels = [str(point) for point in points_of(poll.settings)] if poll.kind == "scale" else poll.options
    points = None if results.points is UNSET else results.points
    for place, (label, count) in enumerate(zip(labels, counts, strict=False)):
        yield PollLine(label, count, points[place] if points else None)


def _notice_of(notice: Notice, column: str) -> ReportedNotice:
    shown = {name: getattr(notice, name) for name in ReportedNotice.__struct_fields__ if name != "column"}
    return ReportedNotice(**shown, column=column)
