"""Transitions of questions: everything that changes together with a question's state.

The callers hold the locks on the topic and on the questions, and have checked the rules.
"""

from datetime import datetime

from core.actor import Actor
from core.ids import PostId, QuestionId
from core.text import tidy
from forum.policy import TopicLocked
from forum.posts.held_insertion import release_post
from forum.posts.insertion import NewPost, insert_posts
from forum.text.rendering import render_post
from forum.writing import withdrawal
from gatherings.events import QuestionChanged
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.merging import ensure_can_merge, merge_votes, unmerge_votes
from gatherings.questions.policy import QuestionFacts
from gatherings.questions.shortlist import PLACE_GAP, is_at_position, make_place
from gatherings.questions.transition_log import Transition, write_transition
from gatherings.shapes.questions import QuestionMove
from gatherings.visibility import STATES_IN_TOPIC
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_STAGE_PLACE = statement("SELECT id, place FROM questions WHERE room_id = :room AND state = 'on_stage'")
SELECT_LAST_SHORTLIST_PLACE = statement(
    "SELECT coalesce(max(place), 0) FROM questions WHERE room_id = :room AND state = 'shortlisted'"
)
SELECT_ANSWER = statement("SELECT body, author_id FROM posts WHERE id = :post")


async def is_already_applied(
    tx: Reader, actor: Actor, room: RoomFacts, question: QuestionFacts, move: QuestionMove
) -> bool:
    """Return whether the question is already as the request wants it, by this request or by an equal one."""
    if question.state != move.state:
        return False
    if move.state == "withdrawn":
        return True
    if move.version not in (question.version, question.version - 1):
        return False
    if move.state == "shortlisted" and move.place is not None:
        return await is_at_position(tx, room.id, question.id, question.place, move.place)
    if move.state == "answered":
        return await _has_same_answer(tx, actor, question, move)
    is_same = question.reason == tidy(move.reason or "") if move.state == "dismissed" else True
    return is_same and question.merged_into == move.into


async def apply_transition(
    tx: Transaction,
    actor: Actor,
    room: RoomFacts,
    question: QuestionFacts,
    move: QuestionMove,
    at: datetime,
) -> None:
    """Change a question's state, with its posts, the stage, the shortlist and the votes of merged questions.

    Raises NothingToMergeInto, OthersMergedHere or TopicLocked.
    """
    if move.into is not None:
        await ensure_can_merge(tx, room.id, question, move.into)
    answer = await _change_posts(tx, actor, room, question, move, at)
    if move.state == "on_stage":
        await _clear_stage(tx, actor, room, at)
    transition = Transition(
        question=question.id,
        old_state=question.state,
        new_state=move.state,
        at=at,
        by=None if move.state == "withdrawn" else actor.id,
        reason=tidy(move.reason) if move.reason else None,
        place=await _find_place(tx, room, question, move),
        answered_how=("writing" if answer else "live") if move.state == "answered" else None,
        answer=answer,
        into=move.into,
    )
    await write_transition(tx, room.id, transition)
    await _change_merged_votes(tx, room, question, move)


async def _change_posts(
    tx: Transaction,
    actor: Actor,
    room: RoomFacts,
    question: QuestionFacts,
    move: QuestionMove,
    at: datetime,
) -> int | None:
    # Returns the id of the post with the written answer, if there is one.
    post_id = PostId(question.post_id)
    if question.is_held and move.state in STATES_IN_TOPIC:
        was_held = await release_post(tx, room.topic_id, post_id, at)
        assert was_held  # the topic is locked, and `is_held` was read under the lock
    if move.state == "withdrawn" and not question.is_held:
        await withdrawal.withdraw_post(tx, actor, post_id)
    if move.answer is None:
        return None
    html = (await render_post(tx, move.answer, topic=room.topic_id, site=tx.site)).html
    answer = NewPost(
        parent_id=post_id, author_id=actor.signed_in(), body=move.answer, html=html, posted_at=at
    )
    placed = await insert_posts(tx, room.topic_id, [answer], at)
    if not placed:
        raise TopicLocked
    return placed[0].id


async def _clear_stage(tx: Transaction, actor: Actor, room: RoomFacts, at: datetime) -> None:
    row = await tx.row(SELECT_STAGE_PLACE, room=room.id)
    if row is None:
        return
    place = row["place"] or await tx.value(SELECT_LAST_SHORTLIST_PLACE, room=room.id) + PLACE_GAP
    transition = Transition(
        question=QuestionId(row["id"]),
        old_state="on_stage",
        new_state="shortlisted",
        at=at,
        by=actor.id,
        place=place,
    )
    await write_transition(tx, room.id, transition)


async def _find_place(
    tx: Transaction, room: RoomFacts, question: QuestionFacts, move: QuestionMove
) -> int | None:
    if move.state == "on_stage":
        return question.place  # it returns there when another question goes on stage
    if move.state != "shortlisted":
        return None
    if move.place is None and question.place is not None:
        return question.place
    return await make_place(tx, room.id, question.id, move.place)


async def _change_merged_votes(
    tx: Transaction, room: RoomFacts, question: QuestionFacts, move: QuestionMove
) -> None:
    if move.into is not None:
        await merge_votes(tx, room.id, question.id, move.into)
        await tx.record(QuestionChanged(room_id=room.id, question_id=move.into))
    elif question.merged_into is not None and move.state != "withdrawn":
        await unmerge_votes(tx, room.id, question.id, question.merged_into)
        await tx.record(QuestionChanged(room_id=room.id, question_id=question.merged_into))


async def _has_same_answer(tx: Reader, actor: Actor, question: QuestionFacts, move: QuestionMove) -> bool:
    if move.answer is None or question.answer_post_id is None:
        return (move.answer is None) == (question.answer_post_id is None)
    row = await tx.row(SELECT_ANSWER, post=question.answer_post_id)
    return row is not None and row["body"] == move.answer and row["author_id"] == actor.id
