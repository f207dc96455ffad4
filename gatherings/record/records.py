"""Records of rooms and gatherings: for hosts at any time, for everyone else once the room is closed.

A record is read as an audience sees it, `host` or `all`, so it contains nothing personal and is the same for all its
readers. Drafts, open polls, and withdrawn or hidden texts are in no record; dismissed and pending questions only in that
of the hosts.
"""

from collections.abc import Sequence

from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.ids import GatheringId, RoomId
from core.languages.texts import translatable
from forum.authors import author_in, author_of
from forum.tables import posts
from gatherings.gatherings import get_gathering
from gatherings.record.sections import read_closed_polls, read_recorded_notices, read_recorded_outcomes
from gatherings.rooms import rooms
from gatherings.rooms.attendance import read_attendance
from gatherings.shapes.record import GatheringReport, ReportedQuestion, RoomReport, Totals, WrittenAnswer
from gatherings.shapes.rooms import Room
from gatherings.tables import questions
from gatherings.visibility import question_binds_for_audience, visible_questions
from members.tables import members, public_authors
from storage.database import Reader
from storage.statements import statement

_answers = posts.alias()
_answerers = members.alias()

SELECT_RECORDED_QUESTIONS = statement(
    select(
        *questions.c[("id", "room_id", "state", "votes", "settled_at", "reason", "answered_how")],
        posts.c.id.label("post"),
        *posts.c[("number", "body", "html", "author_id")],
        posts.c.pseudonym.is_not(None).label("anonymous"),
        public_authors.c.handle,
        public_authors.c.display_name,
        public_authors.c.group.label("author_group"),
        public_authors.c.picture.label("author_picture"),
        _answers.c.id.label("answer_post"),
        _answers.c.number.label("answer_number"),
        _answers.c.body.label("answer_body"),
        _answers.c.html.label("answer_html"),
        _answers.c.posted_at.label("answered_at"),
        _answers.c.author_id.label("answerer_id"),
        _answerers.c.handle.label("answerer_handle"),
        _answerers.c.display_name.label("answerer_name"),
        _answerers.c.picture.label("answerer_picture"),
    )
    .select_from(
        questions.join(posts, posts.c.id == questions.c.post_id)
        .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
        .outerjoin(
            _answers, (_answers.c.id == questions.c.answer_post_id) & (_answers.c.state == "published")
        )
        .outerjoin(_answerers, _answerers.c.id == _answers.c.author_id)
    )
    .where(
        questions.c.room_id == func.any(bindparam("rooms", type_=ARRAY(BigInteger))),
        visible_questions(),
    )
    .order_by(questions.c.room_id, posts.c.number.nulls_last(), questions.c.id)
)

SELECT_ROOM_IDS = statement("SELECT id FROM rooms WHERE gathering_id = :gathering ORDER BY id")


class ReportNotReady(Conflict):
    """The room is open, or was not opened yet."""

    message = translatable("The record can be read once the room is closed.")


async def read_room_record(tx: Reader, actor: Actor, room_id: RoomId, for_export: bool = False) -> RoomReport:
    """Return the record of a room; raise NotFound or ReportNotReady.

    Only hosts get small cells, and not in a record that is made `for_export`, because files are passed on.
    """
    room = await rooms.show_room(tx, actor, room_id)
    is_full = actor.hosts_at(GatheringId(room.gathering))
    if not is_full and room.state != "closed":
        raise ReportNotReady
    (report,) = await _read_records(tx, actor, [room], is_full, is_full and not for_export)
    return report


async def read_gathering_record(
    tx: Reader, actor: Actor, gathering_id: GatheringId, for_export: bool = False
) -> GatheringReport:
    """Return the record of a gathering: for hosts of all its rooms, for others of the closed rooms that they can see.

    Small cells as in `read_room_record`. Raises NotFound or ReportNotReady.
    """
    gathering = await get_gathering(tx, gathering_id)
    is_full = actor.hosts_at(gathering_id)
    visible = await rooms.read_rooms(tx, actor, gathering_id)
    shown = [room for room in visible if is_full or room.state == "closed"]
    if not is_full and not shown:
        raise ReportNotReady
    is_exact = is_full and not for_export
    reports = await _read_records(tx, actor, shown, is_full, is_exact)
    # Including rooms that this reader cannot see: somebody who can see them might compare the two records.
    rows = await tx.rows(SELECT_ROOM_IDS, gathering=gathering_id)
    published = [await read_attendance(tx, [RoomId(row["id"])], is_exact=False) for row in rows]
    return GatheringReport(
        gathering=gathering_id,
        title=gathering.local_title,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        time_zone=gathering.time_zone,
        is_full=is_full,
        made_at=clock.now(),
        attendance=await read_attendance(tx, [RoomId(room.id) for room in shown], is_exact, published),
        totals=_sum_totals([report.totals for report in reports]),
        rooms=reports,
    )


async def _read_records(
    tx: Reader, actor: Actor, shown: Sequence[Room], is_full: bool, is_exact: bool
) -> list[RoomReport]:
    audience = "host" if is_full else "all"
    questions_by_room = await _read_questions(tx, [room.id for room in shown], audience)
    return [await _read_room(tx, actor, room, questions_by_room.get(room.id, []), is_exact) for room in shown]


async def _read_room(
    tx: Reader, actor: Actor, room: Room, questions_of_room: list[ReportedQuestion], is_exact: bool
) -> RoomReport:
    room_id, is_full = RoomId(room.id), actor.hosts_at(GatheringId(room.gathering))
    notices = await read_recorded_notices(tx, room_id, "host" if is_full else "all")
    polls = await read_closed_polls(tx, room_id)
    has_choices = is_full or (room.state == "closed" and room.rules.publishes_choices)
    return RoomReport(
        room=room.id,
        gathering=room.gathering,
        topic=room.topic,
        title=room.local_title,
        state=room.state,
        is_full=is_full,
        made_at=clock.now(),
        attendance=await read_attendance(tx, [room_id], is_exact),
        totals=_count_totals(questions_of_room, len(notices), len(polls)),
        questions=questions_of_room,
        notices=notices,
        polls=polls,
        choices=await read_recorded_outcomes(tx, actor, room_id) if has_choices else [],
    )


async def _read_questions(
    tx: Reader, room_ids: Sequence[int], audience: str
) -> dict[int, list[ReportedQuestion]]:
    questions_by_room: dict[int, list[ReportedQuestion]] = {}
    for row in await tx.rows(
        SELECT_RECORDED_QUESTIONS, rooms=list(room_ids), **question_binds_for_audience(audience)
    ):
        questions_by_room.setdefault(row["room_id"], []).append(_question_of(row))
    return questions_by_room


def _question_of(row: Record) -> ReportedQuestion:
    return ReportedQuestion(
        id=row["id"],
        post=row["post"],
        number=row["number"],
        state=row["state"],
        votes=row["votes"],
        body=row["body"],
        html=row["html"],
        author=author_in(row),
        anonymous=row["anonymous"],
        settled_at=row["settled_at"],
        reason=row["reason"],
        answered_how=row["answered_how"],
        answer=_answer_of(row),
    )


def _answer_of(row: Record) -> WrittenAnswer | None:
    if row["answer_post"] is None:
        return None
    return WrittenAnswer(
        post=row["answer_post"],
        number=row["answer_number"],
        body=row["answer_body"],
        html=row["answer_html"],
        author=author_of(
            row["answerer_id"], row["answerer_handle"], row["answerer_name"], None, row["answerer_picture"]
        ),
        posted_at=row["answered_at"],
    )


def _count_totals(questions_of_room: Sequence[ReportedQuestion], notices: int, polls: int) -> Totals:
    return Totals(
        questions=len(questions_of_room),
        # The votes of a merged question are counted with the question into which it was merged.
        votes=sum(one.votes for one in questions_of_room if one.state != "merged"),
        answered=sum(one.state == "answered" for one in questions_of_room),
        notices=notices,
        polls=polls,
    )


def _sum_totals(totals: Sequence[Totals]) -> Totals:
    return Totals(
        questions=sum(one.questions for one in totals),
        votes=sum(one.votes for one in totals),
        answered=sum(one.answered for one in totals),
        notices=sum(one.notices for one in totals),
        polls=sum(one.polls for one in totals),
    )
