"""A room as those look at it who lead it: what waits, what is next, what is on stage."""

from collections.abc import Sequence

from msgspec import Struct

from core.actor import Actor
from core.ids import GatheringId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.listing import read_questions
from gatherings.questions.queues import read_queue
from gatherings.questions.reading import count_questions
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.questions import Counts, Question, QuestionState
from gatherings.shapes.rooms import Room
from storage.database import Reader
from storage.event_log import Stream, read_head

# So many of the live ones, the best first; those that follow come up as these go.
MOST_LIVE = 100


class Floor(Struct, frozen=True, kw_only=True):
    """A room, the position of its stream, and its questions by where they are."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    stream: Stream
    found: dict[str, list[Question]]
    counts: Counts
    unfinished: frozenset[str] = frozenset()

    def of(self, state: QuestionState) -> list[Question]:
        """The questions in one state."""
        return self.found.get(state, [])

    def number_of(self, state: QuestionState) -> int:
        """How many questions are in one state, on the page or not."""
        return int(getattr(self.counts, state, 0) or 0)

    @property
    def stage(self) -> Question | None:
        """What is on stage."""
        return next(iter(self.of("on_stage")), None)

    @property
    def heard(self) -> list[str]:
        """The groups somebody of whom was heard: those of who asked what is on stage or was answered."""
        asked = [*self.of("on_stage"), *self.of("answered")]
        return sorted({one.author.group for one in asked if one.author and one.author.group})


async def look(
    tx: Reader, actor: Actor, room_id: RoomId, epoch: str, states: Sequence[QuestionState]
) -> Floor:
    """The room and its questions in these states: the live ones the best first, those on the shortlist in the hosts'
    order, the others in that of asking."""
    # The page carries the stream's position, taken first: what happens while the rest is read comes again.
    channel = f"room:{room_id}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    facts, room = await rooms.get_room_with_facts(tx, actor, room_id)
    found: dict[str, list[Question]] = {}
    unfinished: set[str] = set()
    for one in await read_queue(tx, actor, facts, [state for state in states if state != "live"]):
        found.setdefault(one.state, []).append(one)
    if "live" in states:
        found["live"], is_cut = await _best(tx, actor, room_id, epoch)
        unfinished |= {"live"} if is_cut else set()
    return Floor(
        facts=facts,
        room=room,
        gathering=await get_gathering(tx, GatheringId(room.gathering)),
        stream=stream,
        found=found,
        counts=await count_questions(tx, room_id, actor.hosts_at(facts.gathering_id)),
        unfinished=frozenset(unfinished),
    )


async def _best(tx: Reader, actor: Actor, room_id: RoomId, epoch: str) -> tuple[list[Question], bool]:
    items: list[Question] = []
    after: str | None = None
    while len(items) < MOST_LIVE:
        page = await read_questions(tx, actor, room_id, "best", epoch, "live", after)
        items += page.items
        after = page.next
        if after is None:
            break
    return items, after is not None
