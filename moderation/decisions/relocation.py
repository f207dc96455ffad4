"""Relocation by decision: moving, splitting, merging and closing as a duplicate, recorded so that it can be reverted."""

from core.actor import Actor
from core.errors import Invalid
from core.ids import PostId, SectorId, TopicId
from core.languages.texts import translatable
from forum.moves.moves import move_posts, relocate_topic, undo_move
from forum.moves.shapes import NewMove
from forum.posts.hiding import lock_topics, restore_for_author, withdraw_for_author
from forum.topics.status import close_topic, unlock_topic
from forum.topics.topics import get_topic
from moderation.policy import CaseAction, CaseFacts, LockedBefore, NothingToHide, NothingToReverse
from moderation.shapes import NewDecision
from storage.database import Transaction
from storage.statements import statement

INSERT_DECISION_MOVE = statement("""
INSERT INTO decision_moves (decision_id, move_id, from_sector) VALUES (:decision, :move, :sector)
""")
SELECT_DECISION_MOVE = statement("""
SELECT d.move_id, s.slug FROM decision_moves d LEFT JOIN sectors s ON s.id = d.from_sector WHERE d.decision_id = :decision
""")
SELECT_CASE_MOVE_TOPICS = statement("""
SELECT m.from_topic, m.to_topic FROM decision_moves x JOIN moves m ON m.id = x.move_id
JOIN decisions d ON d.id = x.decision_id WHERE d.case_id = (SELECT case_id FROM decisions WHERE id = :decision)
""")


class PlaceMissing(Invalid):
    """A relocation needs a destination."""

    message = translatable("Enter the destination: another topic, the title of a new topic, or a sector.")


async def lock_relocation_topics(tx: Transaction, decision_id: int) -> None:
    """Lock the topics between which the decisions of the same case moved anything, in the order in which all
    transactions lock topics."""
    rows = await tx.rows(SELECT_CASE_MOVE_TOPICS, decision=decision_id)
    await lock_topics(tx, *(TopicId(topic) for row in rows for topic in (row["from_topic"], row["to_topic"])))


async def relocate(tx: Transaction, actor: Actor, made: CaseAction, new: NewDecision) -> None:
    """Move or split a post, move or merge a topic, or close a topic as a duplicate; the actor must moderate both places.
    Raises PlaceMissing or LockedBefore."""
    case, action = made.case, made.action
    assert case.topic_id is not None
    if action == "duplicate":
        await _close_as_duplicate(tx, actor, case.topic_id, TopicId(_require_id(new.into, "into")))
    elif action == "move" and case.kind == "topic":
        await _record_move(tx, made.decision_id, sector=case.sector_id)
        await relocate_topic(tx, actor, case.topic_id, _require_text(new.sector, "sector"))
    else:
        wanted = NewMove(
            posts=[case.object_id] if case.kind == "post" else None,
            into=None if action == "split" else _require_id(new.into, "into"),
            title=_require_text(new.title, "title") if action == "split" else None,
        )
        moved = await move_posts(tx, actor, case.topic_id, wanted)
        await _record_move(tx, made.decision_id, move=moved.id)


async def undo_relocation(tx: Transaction, actor: Actor, made: CaseAction) -> None:
    """Move the subject back to where it was, or reopen a topic that was closed as a duplicate. Raises
    NothingToReverse."""
    topic_id = made.case.topic_id
    assert topic_id is not None
    if made.action == "duplicate":
        await unlock_topic(tx, actor, topic_id)
        return
    row = await tx.row(SELECT_DECISION_MOVE, decision=made.decision_id)
    if row is None:
        raise NothingToReverse
    if row["move_id"] is not None:
        await undo_move(tx, actor, row["move_id"])
    else:
        await relocate_topic(tx, actor, topic_id, row["slug"])


async def withdraw_post(tx: Transaction, case: CaseFacts) -> None:
    """Withdraw a post because its author asked for it. The author can restore it, as after withdrawing it themselves.
    Raises NothingToHide."""
    assert case.topic_id is not None
    if not await withdraw_for_author(tx, case.topic_id, PostId(case.object_id)):
        raise NothingToHide


async def restore_post(tx: Transaction, case: CaseFacts) -> None:
    """Restore a post that was withdrawn for its author; raise NothingToReverse if the author has already restored it."""
    assert case.topic_id is not None
    if not await restore_for_author(tx, case.topic_id, PostId(case.object_id)):
        raise NothingToReverse


async def _close_as_duplicate(tx: Transaction, actor: Actor, topic_id: TopicId, of: TopicId) -> None:
    await get_topic(tx, actor, of)
    if (await get_topic(tx, actor, topic_id)).is_locked:
        raise LockedBefore
    await close_topic(tx, actor, topic_id, f"This topic continues at {tx.site}/t/{of}")


async def _record_move(
    tx: Transaction, decision_id: int, move: int | None = None, sector: SectorId | None = None
) -> None:
    await tx.run(INSERT_DECISION_MOVE, decision=decision_id, move=move, sector=sector)


def _require_id(value: int | None, field: str) -> int:
    if value is None:
        raise PlaceMissing(field=field)
    return value


def _require_text(value: str | None, field: str) -> str:
    if value is None:
        raise PlaceMissing(field=field)
    return value
