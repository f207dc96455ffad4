"""Questions: what becomes of them once they were asked."""

from datetime import datetime

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import PostId, QuestionId, TopicId
from core.text import tidy
from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from forum.posts.held_insertion import rewrite_held_text
from forum.posts.screening import Screen, TextBeforeEdit, TextToScreen, note_matches, screen_nothing
from forum.tables import posts, topics
from forum.text.markdown import render
from forum.visibility import seen_by, visible_topics
from gatherings.events import QuestionChanged
from gatherings.policy import RoomFacts, ensure_can_change_in_room
from gatherings.policy_texts import ensure_is_question
from gatherings.questions.policy import (
    QuestionFacts,
    QuestionMoved,
    ensure_can_edit_question,
    ensure_can_settle,
    ensure_is_whole,
    ensure_moves,
)
from gatherings.questions.reading import show_question
from gatherings.questions.transition_log import HOLD, HOLD_TOPIC, Step, read_meanwhile, write_move
from gatherings.questions.transitions import is_done, settle
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.gatherings import Question, QuestionMove
from gatherings.shapes.questions import QuestionEdit
from gatherings.tables import ROOM_FACTS, gatherings, questions
from gatherings.tables import rooms as room_table
from members.pseudonyms import is_author
from storage.database import Reader, Transaction
from storage.statements import statement

_GET = statement(
    select(
        *(
            questions.c[name].label(f"question_{name}")
            for name in (
                "id",
                "post_id",
                "state",
                "version",
                "place",
                "reason",
                "answered_how",
                "answer_post_id",
                "merged_into",
            )
        ),
        posts.c.author_id,
        posts.c.pseudonym,
        (posts.c.state == "held").label("is_held"),
        *ROOM_FACTS,
        topics.c.sector_id,
        (gatherings.c.state == "cancelled").label("is_cancelled"),
    )
    .join(posts, posts.c.id == questions.c.post_id)
    .join(room_table, room_table.c.id == questions.c.room_id)
    .join(topics, topics.c.id == room_table.c.topic_id)
    .join(gatherings, gatherings.c.id == room_table.c.gathering_id)
    .where(questions.c.id == bindparam("id"), visible_topics(), posts.c.state != "hidden")
)
_OF_POST = statement(
    select(questions.c.id, questions.c.room_id, questions.c.state, posts.c.state.label("post_state"))
    .join(posts, posts.c.id == questions.c.post_id)
    .where(questions.c.post_id == bindparam("post", type_=BigInteger))
    .with_for_update(key_share=True, of=questions)
)


class Found(Struct, frozen=True):
    """A question and its room, as the rules look at them, and whether its asker is named."""

    room: RoomFacts
    question: QuestionFacts
    is_anonymous: bool


async def get_question(tx: Reader, actor: Actor, question_id: QuestionId) -> Found:
    """What the rules need of a question in a room that the actor can see; of one that was not approved only hosts and
    who asked it know."""
    row = await tx.row(_GET, id=question_id, **seen_by(actor))
    if row is None:
        raise NotFound
    room = rooms.facts_of(row)
    is_mine = is_author(actor, room.topic_id, row["author_id"], row["pseudonym"])
    if row["is_held"] and not is_mine and not actor.hosts_at(room.gathering_id):
        raise NotFound
    return Found(room, _facts(row, is_mine), row["pseudonym"] is not None)


async def read_question(tx: Reader, actor: Actor, question_id: QuestionId) -> Question:
    """One question, as the actor sees it."""
    found = await get_question(tx, actor, question_id)
    return await show_question(tx, actor, found.room, question_id)


async def settle_question(
    tx: Transaction, actor: Actor, question_id: QuestionId, move: QuestionMove
) -> Question:
    """Move a question on, or back; or withdraw one's own. Whoever looked at an older version is told what is now and what
    happened since; the same move once more is the same one."""
    found = await _hold(tx, actor, question_id, _states_held(move.state), move.into)
    room, question, now = found.room, found.question, clock.now()
    writer = await get_writer(tx, actor, room)
    ensure_can_settle(
        actor,
        room,
        question,
        move.state,
        now,
        answers_in_writing=move.answer is not None,
        is_on_panel=writer.is_on_panel,
    )
    if move.answer is not None:
        ensure_can_change_in_room(actor, room, writer)
    ensure_is_whole(move.state, tidy(move.reason or ""), move.into, move.answer, move.place)
    if await is_done(tx, actor, room, question, move):
        return await show_question(tx, actor, room, question_id)
    current = await show_question(tx, actor, room, question_id)
    if question.version != move.version:
        hosting = actor.hosts_at(room.gathering_id)
        raise QuestionMoved(current, await read_meanwhile(tx, question_id, move.version, hosting))

    ensure_moves(room, question, move.state, current)
    await settle(tx, actor, room, question, move, _at(found, move.state, now))
    return await show_question(tx, actor, room, question_id)


async def edit_question(
    tx: Transaction,
    actor: Actor,
    question_id: QuestionId,
    edit: QuestionEdit,
    version: int | None,
    screen: Screen = screen_nothing,
) -> Question:
    """Give a question that waits for approval another text; what it said is kept for who asked and the moderators."""
    found = await _hold(tx, actor, question_id, [], None)
    room, question, now = found.room, found.question, clock.now()
    ensure_can_edit_question(actor, room, question, now)
    ensure_can_change_in_room(actor, room, await get_writer(tx, actor, room))
    body = tidy(edit.body)
    ensure_is_question(room, body)
    current = await show_question(tx, actor, room, question_id)
    if current.body == body:
        return current
    if version is not None and version != question.version:
        hosting = actor.hosts_at(room.gathering_id)
        raise QuestionMoved(current, await read_meanwhile(tx, question_id, version, hosting))

    at = clock.coarse(now) if found.is_anonymous else now
    html = render(body, topic=room.topic_id, site=tx.site).html
    before = TextBeforeEdit(post_id=PostId(question.post_id), body=str(current.body), html="", posted_at=now)
    await _look_at(tx, actor, found, (body, html), before, screen)
    await rewrite_held_text(tx, PostId(question.post_id), body, html, at)
    by = None if question.is_own else actor.id
    step = Step(question=question_id, old_state="pending", new_state="pending", at=at, by=by)
    await write_move(tx, room.id, step)
    return await show_question(tx, actor, room, question_id)


async def follow_post(
    tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored | PostHidden | PostUnhidden
) -> None:
    """Tell the room what became of a question's post elsewhere: edited, hidden, shown again; or withdrawn, then so is
    the question. A reaction to what happens in the topic; run twice, it tells twice the same."""
    await tx.run(HOLD_TOPIC, topic=event.topic_id)
    row = await tx.row(_OF_POST, post=event.post_id)
    if row is None or row["state"] == "withdrawn":
        return
    if row["post_state"] != "withdrawn":
        await tx.record(QuestionChanged(room_id=row["room_id"], question_id=row["id"]))
        return
    at = clock.coarse(clock.now())
    step = Step(question=row["id"], old_state=row["state"], new_state="withdrawn", at=at)
    await write_move(tx, row["room_id"], step)


async def _look_at(
    tx: Transaction, actor: Actor, found: Found, text: tuple[str, str], before: TextBeforeEdit, screen: Screen
) -> None:
    room, (body, html) = found.room, text
    written = TextToScreen(
        kind="question",
        sector_id=room.sector_id,
        topic_id=room.topic_id,
        body=body,
        html=html,
        is_unnamed=found.is_anonymous,
        before=before,
    )
    await note_matches(tx, actor, written, before.post_id, screen)


async def _hold(
    tx: Transaction, actor: Actor, question_id: QuestionId, states: list[str], other: int | None
) -> Found:
    # The topic before the questions, always: who hides or withdraws a post comes the same way. Whoever holds it is the
    # only one who moves questions of the room; those who vote wait for the questions themselves.
    found = await get_question(tx, actor, question_id)
    actor.may_write(clock.now(), found.room.sector_id)
    await tx.run(HOLD_TOPIC, topic=TopicId(found.room.topic_id))
    found = await get_question(tx, actor, question_id)
    merged = found.question.merged_into
    ids = [question_id, *(id for id in (other, merged) if id is not None)]
    await tx.rows(HOLD, room=found.room.id, ids=ids, states=states)
    return found


def _states_held(state: str) -> list[str]:
    # What goes on stage sends another one back to the shortlist; what goes on the shortlist may move others there.
    return {"on_stage": ["on_stage"], "shortlisted": ["shortlisted"]}.get(state, [])


def _at(found: Found, state: str, now: datetime) -> datetime:
    return clock.coarse(now) if found.is_anonymous and state == "withdrawn" else now


def _facts(row: Record, is_mine: bool) -> QuestionFacts:
    return QuestionFacts(
        id=QuestionId(row["question_id"]),
        post_id=row["question_post_id"],
        state=row["question_state"],
        version=row["question_version"],
        is_own=is_mine,
        is_held=row["is_held"],
        place=row["question_place"],
        reason=row["question_reason"],
        answered_how=row["question_answered_how"],
        answer_post_id=row["question_answer_post_id"],
        merged_into=row["question_merged_into"],
    )
