"""A room as its attendees see it: the question on stage, the questions, and the viewer's own questions."""

from typing import Literal

import msgspec
from msgspec import UNSET, Struct

from core.actor import Actor
from core.ids import GatheringId, RoomId
from forum.posts.post_pages import read_posts_by_id
from forum.shapes import Post
from gatherings.gatherings import get_gathering
from gatherings.notices.default_columns import list_columns
from gatherings.policy_rooms import RoomFacts, WriterFacts
from gatherings.polls.reading import show_polls
from gatherings.questions.listing import read_questions
from gatherings.questions.queues import read_queue
from gatherings.questions.ranking import HALVED_AFTER_MINUTES, UNHEARD_GROUP_BONUS, WILSON_Z
from gatherings.questions.reading import count_questions, find_on_stage
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.questions import Counts, Question, QuestionOrder, QuestionPage, QuestionState
from gatherings.shapes.rooms import Room
from storage.database import Reader

Shown = Literal["live", "answered", "dismissed"]
# The parameters of the order "best", for the page's script.
RANKING = msgspec.json.encode(
    {"z": WILSON_Z, "halvedAfter": HALVED_AFTER_MINUTES, "lift": UNHEARD_GROUP_BONUS}
).decode()
_OWN_STATES: tuple[QuestionState, ...] = ("shortlisted", "pending", "dismissed", "merged")


class RoomCounts(Struct, frozen=True, kw_only=True):
    """The counts in the tabs of a room: open questions, notices, and the ids of open polls."""

    waiting: int
    notices: int
    open_polls: list[int]


class RoomView(Struct, frozen=True, kw_only=True):
    """The values of a room's page for one viewer."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    writer: WriterFacts
    counts: Counts
    page: QuestionPage
    stage: Question | None
    shortlist: list[Question]
    own: list[Question]
    answers: dict[int, Post]
    ways: RoomCounts


async def read_room_view(
    tx: Reader,
    actor: Actor,
    room_id: RoomId,
    epoch: str,
    show: Shown,
    order: QuestionOrder,
    after: str | None,
) -> RoomView:
    """Return a room for its page; the position of its stream is read first, so that later changes are delivered again."""
    wanted: QuestionOrder = order if show == "live" else "newest"
    page = await read_questions(tx, actor, room_id, wanted, epoch, show, after)
    facts, room = await rooms.get_room_with_facts(tx, actor, room_id)
    is_host = actor.hosts_at(facts.gathering_id)
    counts = await count_questions(tx, room_id, is_host)
    is_first = show == "live" and after is None

    standing = await read_queue(tx, actor, facts, _OWN_STATES, only_own=True) if is_first else []
    written = [one.answer_post for one in page.items if one.answer_post is not UNSET and one.answer_post]
    return RoomView(
        facts=facts,
        room=room,
        gathering=await get_gathering(tx, GatheringId(room.gathering)),
        writer=await get_writer(tx, actor, facts),
        counts=counts,
        page=page,
        stage=await find_on_stage(tx, actor, facts),
        shortlist=[one for one in standing if one.state == "shortlisted"],
        own=[one for one in standing if one.state != "shortlisted"],
        answers=await read_posts_by_id(tx, actor, written) if written else {},
        ways=await read_room_counts(tx, actor, facts, counts),
    )


async def read_room_counts(
    tx: Reader, actor: Actor, facts: RoomFacts, counts: Counts | None = None
) -> RoomCounts:
    """Return the counts of a room's tabs; `counts` are the question counts if they were read already."""
    if counts is None:
        counts = await count_questions(tx, facts.id, actor.hosts_at(facts.gathering_id))
    return RoomCounts(
        waiting=counts.live + counts.shortlisted,
        notices=await _count_notices(tx, facts),
        open_polls=await _open_polls(tx, actor, facts),
    )


async def _count_notices(tx: Reader, facts: RoomFacts) -> int:
    if "board" not in facts.modules:
        return 0
    return sum(column.notices for column in await list_columns(tx, facts.id))


async def _open_polls(tx: Reader, actor: Actor, facts: RoomFacts) -> list[int]:
    if "polls" not in facts.modules:
        return []
    return [poll.id for poll in await show_polls(tx, actor, facts) if poll.state == "open"]
