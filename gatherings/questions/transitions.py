"""Settling: all that comes with a move of a question; who calls holds the topic and the questions, and asked the rules."""

from datetime import datetime

from core.actor import Actor
from core.ids import PostId, QuestionId
from core.text import tidy
from forum.policy import TopicLocked
from forum.posts.held_insertion import release_post
from forum.posts.insertion import NewPost, insert_posts
from forum.text.markdown import render
from forum.writing import withdrawal
from gatherings.events import QuestionChanged
from gatherings.policy import PLACED, RoomFacts
from gatherings.questions.merging import ensure_merges, separate_votes, unite_votes
from gatherings.questions.policy import QuestionFacts
from gatherings.questions.shortlist import GAP, find_place, is_nth
from gatherings.questions.transition_log import BODY_OF, LAST_PLACE, ON_STAGE, Step, write_move
from gatherings.shapes.gatherings import QuestionMove
from storage.database import Reader, Transaction


async def is_done(
    tx: Reader, actor: Actor, room: RoomFacts, question: QuestionFacts, move: QuestionMove
) -> bool:
    """Whether the question is where the move would bring it, by this move or by one that says the same."""
    if question.state != move.state:
        return False
    if move.state == "withdrawn":
        return True
    if move.version not in (question.version, question.version - 1):
        return False
    if move.state == "shortlisted" and move.place is not None:
        return await is_nth(tx, room.id, question.id, question.place, move.place)
    if move.state == "answered":
        return await _is_answered_so(tx, actor, question, move)
    is_same = question.reason == tidy(move.reason or "") if move.state == "dismissed" else True
    return is_same and question.merged_into == move.into


async def settle(
    tx: Transaction,
    actor: Actor,
    room: RoomFacts,
    question: QuestionFacts,
    move: QuestionMove,
    at: datetime,
) -> None:
    """Write a move: the post is released or withdrawn, the answer written, the stage cleared, votes united or separated."""
    if move.into is not None:
        await ensure_merges(tx, room.id, question, move.into)
    answer = await _change_posts(tx, actor, room, question, move, at)
    if move.state == "on_stage":
        await _clear_stage(tx, actor, room, at)
    step = Step(
        question=question.id,
        old_state=question.state,
        new_state=move.state,
        at=at,
        by=None if move.state == "withdrawn" else actor.id,
        reason=tidy(move.reason) if move.reason else None,
        place=await _place(tx, room, question, move),
        answered_how=("writing" if answer else "live") if move.state == "answered" else None,
        answer=answer,
        into=move.into,
    )
    await write_move(tx, room.id, step)
    await _move_votes(tx, room, question, move)


async def _change_posts(
    tx: Transaction,
    actor: Actor,
    room: RoomFacts,
    question: QuestionFacts,
    move: QuestionMove,
    at: datetime,
) -> int | None:
    post_id = PostId(question.post_id)
    if question.is_held and move.state in PLACED:
        was_held = await release_post(tx, room.topic_id, post_id, at)
        assert was_held  # it has just been seen to be
    if move.state == "withdrawn" and not question.is_held:
        await withdrawal.withdraw_post(tx, actor, post_id)
    if move.answer is None:
        return None
    html = render(move.answer, topic=room.topic_id, site=tx.site).html
    answer = NewPost(
        parent_id=post_id, author_id=actor.signed_in(), body=move.answer, html=html, posted_at=at
    )
    placed = await insert_posts(tx, room.topic_id, [answer], at)
    if not placed:
        raise TopicLocked
    return placed[0].id


async def _clear_stage(tx: Transaction, actor: Actor, room: RoomFacts, at: datetime) -> None:
    row = await tx.row(ON_STAGE, room=room.id)
    if row is None:
        return
    place = row["place"] or await tx.value(LAST_PLACE, room=room.id) + GAP
    step = Step(
        question=QuestionId(row["id"]),
        old_state="on_stage",
        new_state="shortlisted",
        at=at,
        by=actor.id,
        place=place,
    )
    await write_move(tx, room.id, step)


async def _place(tx: Transaction, room: RoomFacts, question: QuestionFacts, move: QuestionMove) -> int | None:
    if move.state == "on_stage":
        return question.place  # to which it goes back
    if move.state != "shortlisted":
        return None
    if move.place is None and question.place is not None:
        return question.place
    return await find_place(tx, room.id, question.id, move.place)


async def _move_votes(tx: Transaction, room: RoomFacts, question: QuestionFacts, move: QuestionMove) -> None:
    if move.into is not None:
        await unite_votes(tx, room.id, question.id, move.into)
        await tx.record(QuestionChanged(room_id=room.id, question_id=move.into))
    elif question.merged_into is not None and move.state != "withdrawn":
        await separate_votes(tx, room.id, question.id, question.merged_into)
        await tx.record(QuestionChanged(room_id=room.id, question_id=question.merged_into))


async def _is_answered_so(tx: Reader, actor: Actor, question: QuestionFacts, move: QuestionMove) -> bool:
    if move.answer is None or question.answer_post_id is None:
        return (move.answer is None) == (question.answer_post_id is None)
    row = await tx.row(BODY_OF, post=question.answer_post_id)
    return row is not None and row["body"] == move.answer and row["author_id"] == actor.id
