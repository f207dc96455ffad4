"""The snapshots of rooms and gatherings: everything a client reads before it follows their streams."""

from msgspec import UNSET
from msgspec.structs import replace

from core.actor import Actor
from core.ids import GatheringId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.notices.default_columns import list_columns
from gatherings.polls.reading import show_polls
from gatherings.programme.reading import read_sessions
from gatherings.questions.listing import ListingRequest, list_questions, read_room_stream
from gatherings.questions.reading import count_questions
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.questions import QuestionOrder, QuestionPage
from gatherings.shapes.rooms import Room
from storage.database import Reader
from storage.event_log import Stream, read_head


async def show_snapshot(tx: Reader, actor: Actor, room_id: RoomId, order: QuestionOrder, epoch: str) -> Room:
    """Return a room with its counts, first page of questions, columns, polls and stream; raise NotFound.

    The position of the stream is read first, so that a client which follows it misses no event.
    """
    stream = await read_room_stream(tx, room_id, epoch)
    facts, room = await rooms.get_room_with_facts(tx, actor, room_id)
    counts = await count_questions(tx, room_id, actor.hosts_at(facts.gathering_id))
    listed = await list_questions(tx, ListingRequest(actor, facts, order, wants_stage=True))
    page = QuestionPage(listed.items, listed.next, stream)
    columns = await list_columns(tx, room_id) if "board" in facts.modules else UNSET
    polls = await show_polls(tx, actor, facts) if "polls" in facts.modules else UNSET
    room = replace(room, columns=columns, polls=polls)
    return replace(room, counts=counts, stage=listed.stage, questions=page, stream=stream)


async def show_gathering(tx: Reader, actor: Actor, gathering_id: GatheringId, epoch: str) -> Gathering:
    """Return a gathering with its rooms, its programme and the position of its stream; raise NotFound."""
    channel = f"gathering:{gathering_id}"
    seq = await read_head(tx, channel)
    gathering = await get_gathering(tx, gathering_id)
    found = await rooms.read_rooms(tx, actor, gathering_id)
    sessions = await read_sessions(tx, actor, gathering_id)
    return replace(gathering, rooms=found, sessions=sessions, stream=Stream(channel, epoch, seq))
