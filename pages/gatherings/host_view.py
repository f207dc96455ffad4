"""A room as its hosts see it: its questions by state, with the position of the room's stream."""

from collections.abc import Sequence
from typing import get_args

from msgspec import Struct

from core.actor import Actor
from core.ids import GatheringId, QuestionId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.policy_rooms import RoomFacts
from gatherings.questions import questions
from gatherings.questions.listing import read_questions
from gatherings.questions.queues import read_queue
from gatherings.questions.reading import count_questions
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.questions import Counts, Question, QuestionMove, QuestionState
from gatherings.shapes.rooms import Room
from pages.shell.forms import BadButton, to_shape
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head

# The number of live questions that are shown, the best first.
MAX_LIVE = 100


class HostView(Struct, frozen=True, kw_only=True):
    """A room, the position of its stream, and its questions by state; `unfinished` states have more than are shown."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    stream: Stream
    found: dict[str, list[Question]]
    counts: Counts
    unfinished: frozenset[str] = frozenset()

    def of(self, state: QuestionState) -> list[Question]:
        """Return the questions in a state."""
        return self.found.get(state, [])

    def number_of(self, state: QuestionState) -> int:
        """Return how many questions are in a state, including those that are not shown."""
        return int(getattr(self.counts, state, 0) or 0)

    @property
    def stage(self) -> Question | None:
        """Return the question on stage, or None."""
        return next(iter(self.of("on_stage")), None)

    @property
    def heard(self) -> list[str]:
        """Return the stakeholder groups of the members whose questions are on stage or were answered."""
        asked = [*self.of("on_stage"), *self.of("answered")]
        return sorted({one.author.group for one in asked if one.author and one.author.group})


async def read_host_view(
    tx: Reader, actor: Actor, room_id: RoomId, epoch: str, states: Sequence[QuestionState]
) -> HostView:
    """Return the room with its questions in these states: live questions best first, the shortlist in the hosts' order,
    the others in the order in which they were asked; raise NotFound."""
    # The stream's position is read first, so that a change during the other reads is delivered again.
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
    return HostView(
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
    while len(items) < MAX_LIVE:
        page = await read_questions(tx, actor, room_id, "best", epoch, "live", after)
        items += page.items
        after = page.next
        if after is None:
            break
    return items, after is not None


async def transition_in(
    tx: Transaction,
    actor: Actor,
    question_id: QuestionId,
    action: str,
    version: int,
    given: dict[str, object],
) -> QuestionMove:
    """Return the transition that a button asks for; raise BadButton."""
    if action in ("up", "down"):
        shown = await questions.read_question(tx, actor, question_id)
        place = (shown.place or 1) + (-1 if action == "up" else 1)
        return to_shape(QuestionMove, {"state": "shortlisted", "version": version, "place": max(1, place)})
    if action not in get_args(QuestionState):
        raise BadButton
    return to_shape(
        QuestionMove,
        {"state": action, "version": version}
        | {name: given[name] for name in given if name in ("reason", "answer", "into")},
    )
