"""What waits by the policy of a room: questions and notices that a host lets in first. The room's own verbs decide; here
they are only shown, so that whoever hosts has one queue."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.actor import Actor
from core.ids import NoticeId, QuestionId
from forum.visibility import seen_by
from gatherings.notices.notices import approve_notice, decline_notice
from gatherings.questions.questions import settle_question
from gatherings.shapes import QuestionMove
from moderation.rules.matches import read_matches
from moderation.rules.shapes import RuleMatch
from storage.database import Reader, Transaction
from storage.statements import statement

MOST = 100
PendingKind = Literal["question", "notice"]

_WAITS = """
FROM (
    SELECT 'question' AS kind, q.id, q.room_id, q.post_id, q.version, NULL AS title
    FROM questions q WHERE q.state = 'pending'
    UNION ALL
    SELECT 'notice', n.id, n.room_id, n.post_id, n.version, n.title
    FROM notices n JOIN posts h ON h.id = n.post_id WHERE h.state = 'held' AND n.taken_off IS NULL
) w JOIN rooms r ON r.id = w.room_id JOIN topics t ON t.id = r.topic_id JOIN posts p ON p.id = w.post_id
WHERE t.withdrawn_at IS NULL AND t.hidden_at IS NULL AND p.state = 'held'
    AND r.gathering_id = ANY(CAST(:hosted AS bigint[]))
"""
_COUNT = statement("SELECT count(*) " + _WAITS)
_PAGE = statement(
    "SELECT w.kind, w.id, w.room_id AS room, r.title AS room_title, w.post_id AS post, w.version, w.title, p.html,"
    " p.posted_at AS at " + _WAITS + " ORDER BY p.posted_at, p.id LIMIT :most"
)


class Pending(Struct, frozen=True, kw_only=True):
    """A question or notice that waits for a host of its room, as its room shows it to them."""

    kind: PendingKind
    id: int
    room: int
    room_title: str
    post: int
    version: int
    title: str | None
    html: str
    at: datetime
    # Which rules caught it, if any did: those of its room and its sector.
    matches: list[RuleMatch] = []


class PendingList(Struct, frozen=True):
    """What waits longest, first; at most a hundred."""

    items: list[Pending]


async def count_pending(tx: Reader, actor: Actor) -> int:
    """How much waits in the rooms that the actor hosts."""
    return int(await tx.value(_COUNT, hosted=seen_by(actor)["hosted"])) if actor.hosts else 0


async def read_pending(tx: Reader, actor: Actor) -> PendingList:
    """What waits in the rooms that the actor hosts; nothing for whoever hosts none."""
    actor.signed_in()
    rows = await tx.rows(_PAGE, hosted=seen_by(actor)["hosted"], most=MOST) if actor.hosts else []
    matches = await read_matches(tx, [row["post"] for row in rows])
    return PendingList([Pending(**row, matches=matches.get(row["post"], [])) for row in rows])


async def settle_pending(
    tx: Transaction, actor: Actor, what: tuple[PendingKind, int, int], lets_in: bool, reason: str
) -> None:
    """Let in or dismiss one of them, by its kind, number and version, as its room does it; a question for a reason."""
    kind, number, version = what
    if kind == "question":
        state: Literal["live", "dismissed"] = "live" if lets_in else "dismissed"
        move = QuestionMove(state=state, version=version, reason=None if lets_in else reason)
        await settle_question(tx, actor, QuestionId(number), move)
    elif lets_in:
        await approve_notice(tx, actor, NoticeId(number))
    else:
        await decline_notice(tx, actor, NoticeId(number))
