"""The shortlist: questions in the order in which their hosts want them, by hand.

`place` is a number to sort by, with room between two for another, so that one that is moved changes no other.
"""

from core.ids import RoomId
from gatherings.events import QuestionChanged
from storage.database import Reader, Transaction
from storage.statements import statement

GAP = 1_024

_LISTED = statement("""
SELECT id, place FROM questions WHERE room_id = :room AND state = 'shortlisted' AND id <> :question ORDER BY place, id
""")
_SPREAD = statement("""
UPDATE questions SET place = p.place
FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS integer[])) AS p (id, place) WHERE questions.id = p.id
""")


async def find_place(tx: Transaction, room_id: RoomId, question_id: int, nth: int | None) -> int:
    """What puts a question there among the shortlisted of its room, all of which are held: nth from 1, or at the end."""
    rows = await tx.rows(_LISTED, room=room_id, question=question_id)
    places = [row["place"] for row in rows]
    before = len(places) if nth is None else min(nth - 1, len(places))
    if (found := between(places, before)) is not None:
        return found
    ids = [row["id"] for row in rows]
    spread = [GAP * (i + 1 if i < before else i + 2) for i in range(len(ids))]
    await tx.run(_SPREAD, ids=ids, places=spread)
    for id in ids:
        await tx.record(QuestionChanged(room_id=room_id, question_id=id))
    return GAP * (before + 1)


async def is_nth(tx: Reader, room_id: RoomId, question_id: int, place: int | None, nth: int) -> bool:
    """Whether a question stands there already."""
    rows = await tx.rows(_LISTED, room=room_id, question=question_id)
    earlier = [row for row in rows if (row["place"], row["id"]) < (place or 0, question_id)]
    return len(earlier) == min(nth - 1, len(rows))


def between(places: list[int], before: int) -> int | None:
    """A number after so many of the places and before the others; None where there is no room."""
    if before == len(places):
        return (places[-1] if places else 0) + GAP
    low, high = places[before - 1] if before else 0, places[before]
    return None if high - low < 2 else (low + high) // 2
