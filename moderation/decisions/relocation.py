"""Putting elsewhere what a case is about, with a reason: the forum's own moves, remembered so that they can go back."""

from core.actor import Actor
from core.errors import Invalid
from core.ids import PostId, SectorId, TopicId
from forum.moves.moves import move_posts, relocate_topic, undo_move
from forum.moves.shapes import NewMove
from forum.posts.hiding import lock_topics, restore_for_author, withdraw_for_author
from forum.topics.status import close_topic, unlock_topic
from forum.topics.topics import get_topic
from moderation.policy import CaseFacts, LockedBefore, NothingToHide, NothingToReverse
from moderation.shapes import Action, NewDecision
from storage.database import Transaction
from storage.statements import statement

_REMEMBER = statement("""
INSERT INTO decision_moves (decision_id, move_id, from_sector) VALUES (:decision, :move, :sector)
""")
_FIND = statement("""
SELECT d.move_id, s.slug FROM decision_moves d LEFT JOIN sectors s ON s.id = d.from_sector WHERE d.decision_id = :decision
""")
_PLACES = statement("""
SELECT m.from_topic, m.to_topic FROM decision_moves x JOIN moves m ON m.id = x.move_id
JOIN decisions d ON d.id = x.decision_id WHERE d.case_id = (SELECT case_id FROM decisions WHERE id = :decision)
""")


class PlaceMissing(Invalid):
    """What is put elsewhere is put somewhere."""

    message = "Say where to: another topic, the title of a new one, or a sector."


async def lock_relocation_topics(tx: Transaction, decision_id: int) -> None:
    """Hold the topics between which a decision's case moved anything, in the order in which all hold them."""
    rows = await tx.rows(_PLACES, decision=decision_id)
    await lock_topics(tx, *(TopicId(topic) for row in rows for topic in (row["from_topic"], row["to_topic"])))


async def relocate(
    tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action, new: NewDecision
) -> None:
    """Move, split off, merge, or close as a duplicate; by who moderates both places."""
    assert case.topic_id is not None
    if action == "duplicate":
        await _close(tx, actor, case.topic_id, TopicId(_given(new.into, "into")))
    elif action == "move" and case.kind == "topic":
        await _remember(tx, decision_id, sector=case.sector_id)
        await relocate_topic(tx, actor, case.topic_id, _named(new.sector, "sector"))
    else:
        wanted = NewMove(
            posts=[case.object_id] if case.kind == "post" else None,
            into=None if action == "split" else _given(new.into, "into"),
            title=_named(new.title, "title") if action == "split" else None,
        )
        moved = await move_posts(tx, actor, case.topic_id, wanted)
        await _remember(tx, decision_id, move=moved.id)


async def undo_relocation(
    tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action
) -> None:
    """Have it stand where it stood."""
    assert case.topic_id is not None
    if action == "duplicate":
        await unlock_topic(tx, actor, case.topic_id)
        return
    row = await tx.row(_FIND, decision=decision_id)
    if row is None:
        raise NothingToReverse
    if row["move_id"] is not None:
        await undo_move(tx, actor, row["move_id"])
    else:
        await relocate_topic(tx, actor, case.topic_id, row["slug"])


async def withdraw(tx: Transaction, case: CaseFacts) -> None:
    """Take a post back because its author wishes so: as if the author had done it, who can bring it back."""
    assert case.topic_id is not None
    if not await withdraw_for_author(tx, case.topic_id, PostId(case.object_id)):
        raise NothingToHide


async def restore(tx: Transaction, case: CaseFacts) -> None:
    """Have it as it was, unless its author has brought it back."""
    assert case.topic_id is not None
    if not await restore_for_author(tx, case.topic_id, PostId(case.object_id)):
        raise NothingToReverse


async def _close(tx: Transaction, actor: Actor, topic_id: TopicId, of: TopicId) -> None:
    await get_topic(tx, actor, of)
    if (await get_topic(tx, actor, topic_id)).is_locked:
        raise LockedBefore
    await close_topic(tx, actor, topic_id, f"This is talked about in {tx.site}/t/{of}")


async def _remember(
    tx: Transaction, decision_id: int, move: int | None = None, sector: SectorId | None = None
) -> None:
    await tx.run(_REMEMBER, decision=decision_id, move=move, sector=sector)


def _given(value: int | None, field: str) -> int:
    if value is None:
        raise PlaceMissing(field=field)
    return value


def _named(value: str | None, field: str) -> str:
    if value is None:
        raise PlaceMissing(field=field)
    return value
