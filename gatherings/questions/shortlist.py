"""The shortlist: the questions of a room in the order that its hosts set by hand.

`place` is a number to sort by. Numbers are far apart, so that moving one question usually changes no other.
"""

from core.ids import RoomId
from gatherings.events import QuestionChanged
from storage.database import Reader, Transaction
from storage.statements import statement

PLACE_GAP = 1_024

SELECT_OTHER_SHORTLISTED = statement("""
SELECT id, place FROM questions WHERE room_id = :room AND state = 'shortlisted' AND id <> :question ORDER BY place, id
""")
UPDATE_SHORTLIST_PLACES = statement("""
UPDATE questions SET place = p.place
FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS integer[])) AS p (id, place) WHERE questions.id = p.id
""")


async def make_place(tx: Transaction, room_id: RoomId, question_id: int, position: int | None) -> int:
    """Return the `place` that puts a question at a position of the shortlist, from 1; without a position, at the end.

    Renumbers the other shortlisted questions if there is no number left between two. The caller holds their locks.
    """
    rows = await tx.rows(SELECT_OTHER_SHORTLISTED, room=room_id, question=question_id)
    places = [row["place"] for row in rows]
    before = len(places) if position is None else min(position - 1, len(places))
    if (found := place_after(places, before)) is not None:
        return found
    ids = [row["id"] for row in rows]
    spread = [PLACE_GAP * (i + 1 if i < before else i + 2) for i in range(len(ids))]
    await tx.run(UPDATE_SHORTLIST_PLACES, ids=ids, places=spread)
    for id in ids:
        await tx.record(QuestionChanged(room_id=room_id, question_id=id))
    return PLACE_GAP * (before + 1)


async def is_at_position(
    tx: Reader, room_id: RoomId, question_id: int, place: int | None, position: int
) -> bool:
    """Return whether a question with this `place` is already at the position of the shortlist, from 1."""
    rows = await tx.rows(SELECT_OTHER_SHORTLISTED, room=room_id, question=question_id)
    earlier = [row for row in rows if (row["place"], row["id"]) < (place or 0, question_id)]
    return len(earlier) == min(position - 1, len(rows))


def place_after(places: list[int], count: int) -> int | None:
    """Return a number between the first `count` places and the following ones; None if there is none between them."""
    if count == len(places):
        return (places[-1] if places else 0) + PLACE_GAP
    low, high = places[count - 1] if count else 0, places[count]
    return None if high - low < 2 else (low + high) // 2
