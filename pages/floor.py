"""A room as those look at it who lead it: what waits, what is next, what is on stage."""

from collections.abc import Sequence

from msgspec import UNSET, Struct

from core.actor import Actor
from core.ids import GatheringId, RoomId
from gatherings import reading, rooms
from gatherings.gatherings import get_gathering
from gatherings.policy import RoomFacts
from gatherings.shapes import Gathering, Question, QuestionOrder, QuestionState, Room
from storage.database import Reader
from storage.log import Stream

# A column of more questions than this is not read to its end by anybody: those that follow come up as these go.
MOST = 300


class Floor(Struct, frozen=True, kw_only=True):
    """A room, the position of its stream, and its questions by where they are."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    stream: Stream
    found: dict[str, list[Question]]
    unfinished: frozenset[str] = frozenset()

    def of(self, state: QuestionState) -> list[Question]:
        """The questions in one state."""
        return self.found.get(state, [])

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
    tx: Reader,
    actor: Actor,
    room_id: RoomId,
    epoch: str,
    states: Sequence[QuestionState],
    order: QuestionOrder = "best",
) -> Floor:
    """The room and its questions in these states; those on the shortlist in the hosts' order, those that wait for
    approval in the order of asking."""
    # The page carries the stream's position, taken first: what happens while the rest is read comes again.
    stream = (await reading.read_questions(tx, actor, room_id, order, epoch, "on_stage")).stream
    facts, room = await rooms.look_at_room(tx, actor, room_id)
    found: dict[str, list[Question]] = {}
    unfinished: set[str] = set()
    for state in states:
        found[state], rest = await _all(tx, actor, room_id, epoch, state, order)
        if rest:
            unfinished.add(state)
    return Floor(
        facts=facts,
        room=room,
        gathering=await get_gathering(tx, GatheringId(room.gathering)),
        stream=stream,
        found=found,
        unfinished=frozenset(unfinished),
    )


async def _all(
    tx: Reader, actor: Actor, room_id: RoomId, epoch: str, state: QuestionState, order: QuestionOrder
) -> tuple[list[Question], bool]:
    items: list[Question] = []
    after: str | None = None
    while len(items) < MOST:
        wanted: QuestionOrder = "newest" if state == "pending" else order
        page = await reading.read_questions(tx, actor, room_id, wanted, epoch, state, after)
        items += page.items
        after = page.next
        if after is None:
            break
    if state == "shortlisted":
        items.sort(key=lambda one: one.place or 0 if one.place is not UNSET else 0)
    if state == "pending":
        items.reverse()
    return items, after is not None
