"""Questions after they were asked: reading one, changing its state, editing it, and following changes of its post."""

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
from forum.text.rendering import render_post
from forum.visibility import seen_by, visible_topics
from gatherings.events import QuestionChanged
from gatherings.policy_rooms import RoomFacts, ensure_can_change_in_room
from gatherings.policy_texts import ensure_is_question
from gatherings.questions.policy import (
    QuestionFacts,
    QuestionMoved,
    ensure_can_change_question_state,
    ensure_can_edit_question,
    ensure_fields_fit_state,
    ensure_transition_exists,
)
from gatherings.questions.reading import show_question
from gatherings.questions.transition_log import Transition, read_transitions_since, write_transition
from gatherings.questions.transitions import apply_transition, is_already_applied
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.questions import Question, QuestionEdit, QuestionMove
from gatherings.tables import ROOM_FACTS, gatherings, questions
from gatherings.tables import rooms as room_table
from members.pseudonyms import is_author
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_QUESTION_WITH_ROOM = statement(
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
SELECT_QUESTION_OF_POST = statement(
    select(questions.c.id, questions.c.room_id, questions.c.state, posts.c.state.label("post_state"))
    .join(posts, posts.c.id == questions.c.post_id)
    .where(questions.c.post_id == bindparam("post", type_=BigInteger))
    .with_for_update(key_share=True, of=questions)
)
LOCK_TOPIC_OF_ROOM = statement("SELECT id FROM topics WHERE id = :topic FOR NO KEY UPDATE")
# All questions that a transition changes, ordered by id, so that voters and other transitions cannot deadlock with it.
LOCK_QUESTIONS_OF_TRANSITION = statement("""
SELECT id FROM questions
WHERE room_id = :room AND (id = ANY(CAST(:ids AS bigint[])) OR state = ANY(CAST(:states AS text[])))
ORDER BY id FOR NO KEY UPDATE
""")


class FoundQuestion(Struct, frozen=True):
    """The facts of a question and of its room, and whether it was asked anonymously."""

    room: RoomFacts
    question: QuestionFacts
    is_anonymous: bool


async def get_question(tx: Reader, actor: Actor, question_id: QuestionId) -> FoundQuestion:
    """Return the facts of a question in a room that the actor can see; raise NotFound.

    A question that was not approved is found only by hosts and its asker, a hidden one by nobody.
    """
    row = await tx.row(SELECT_QUESTION_WITH_ROOM, id=question_id, **seen_by(actor))
    if row is None:
        raise NotFound
    room = rooms.room_facts_of(row)
    is_own_question = is_author(actor, room.topic_id, row["author_id"], row["pseudonym"])
    if row["is_held"] and not is_own_question and not actor.hosts_at(room.gathering_id):
        raise NotFound
    return FoundQuestion(room, _question_facts_of(row, is_own_question), row["pseudonym"] is not None)


async def read_question(tx: Reader, actor: Actor, question_id: QuestionId) -> Question:
    """Return one question as the actor sees it; raise NotFound."""
    found = await get_question(tx, actor, question_id)
    return await show_question(tx, actor, found.room, question_id)


async def change_question_state(
    tx: Transaction, actor: Actor, question_id: QuestionId, move: QuestionMove
) -> Question:
    """Change a question's state, or withdraw one's own question, and return the question.

    Repeating a request changes nothing. If the version is not the current one, raises QuestionMoved with the current
    question and the transitions since. Also raises the refusals of questions/policy.py and of `apply_transition`.
    """
    found = await _lock_question(tx, actor, question_id, _states_to_lock(move.state), move.into)
    room, question, now = found.room, found.question, clock.now()
    writer = await get_writer(tx, actor, room)
    ensure_can_change_question_state(
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
    ensure_fields_fit_state(move.state, tidy(move.reason or ""), move.into, move.answer, move.place)
    if await is_already_applied(tx, actor, room, question, move):
        return await show_question(tx, actor, room, question_id)
    current = await show_question(tx, actor, room, question_id)
    if question.version != move.version:
        hosting = actor.hosts_at(room.gathering_id)
        raise QuestionMoved(current, await read_transitions_since(tx, question_id, move.version, hosting))

    ensure_transition_exists(room, question, move.state, current)
    await apply_transition(tx, actor, room, question, move, _transition_time(found, move.state, now))
    return await show_question(tx, actor, room, question_id)


async def edit_question(
    tx: Transaction,
    actor: Actor,
    question_id: QuestionId,
    edit: QuestionEdit,
    version: int | None,
    screen: Screen = screen_nothing,
) -> Question:
    """Edit a question that waits for approval and return it; its asker and moderators can read the earlier text.

    Raises QuestionIsPublished, QuestionMoved if the version is not the current one, EmptyQuestion or QuestionTooLong.
    """
    found = await _lock_question(tx, actor, question_id, [], None)
    room, question, now = found.room, found.question, clock.now()
    ensure_can_edit_question(actor, room, question, now)
    ensure_can_change_in_room(actor, room, await get_writer(tx, actor, room, found.is_anonymous))
    body = tidy(edit.body)
    ensure_is_question(room, body)
    current = await show_question(tx, actor, room, question_id)
    if current.body == body:
        return current
    if version is not None and version != question.version:
        hosting = actor.hosts_at(room.gathering_id)
        raise QuestionMoved(current, await read_transitions_since(tx, question_id, version, hosting))

    at = clock.coarse(now) if found.is_anonymous else now
    html = (await render_post(tx, body, topic=room.topic_id, site=tx.site)).html
    before = TextBeforeEdit(post_id=PostId(question.post_id), body=str(current.body), html="", posted_at=now)
    await _screen_edit(tx, actor, found, (body, html), before, screen)
    await rewrite_held_text(tx, PostId(question.post_id), body, html, at)
    by = None if question.is_own else actor.id
    transition = Transition(question=question_id, old_state="pending", new_state="pending", at=at, by=by)
    await write_transition(tx, room.id, transition)
    return await show_question(tx, actor, room, question_id)


async def on_post_changed(
    tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored | PostHidden | PostUnhidden
) -> None:
    """Announce in the room that a question's post was edited, hidden or restored; withdraw the question with its post.

    Handling the event twice announces the same state twice and does no harm.
    """
    await tx.run(LOCK_TOPIC_OF_ROOM, topic=event.topic_id)
    row = await tx.row(SELECT_QUESTION_OF_POST, post=event.post_id)
    if row is None or row["state"] == "withdrawn":
        return
    if row["post_state"] != "withdrawn":
        await tx.record(QuestionChanged(room_id=row["room_id"], question_id=row["id"]))
        return
    at = clock.coarse(clock.now())
    transition = Transition(question=row["id"], old_state=row["state"], new_state="withdrawn", at=at)
    await write_transition(tx, row["room_id"], transition)


async def _screen_edit(
    tx: Transaction,
    actor: Actor,
    found: FoundQuestion,
    text: tuple[str, str],
    before: TextBeforeEdit,
    screen: Screen,
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


async def _lock_question(
    tx: Transaction, actor: Actor, question_id: QuestionId, states: list[str], other: int | None
) -> FoundQuestion:
    # The topic is always locked before the questions, as when a post is hidden or withdrawn, so that these never
    # deadlock. Its lock also serialises all transitions of the room; votes wait for the locks of the questions.
    found = await get_question(tx, actor, question_id)
    actor.may_write(clock.now(), found.room.sector_id)
    await tx.run(LOCK_TOPIC_OF_ROOM, topic=TopicId(found.room.topic_id))
    found = await get_question(tx, actor, question_id)
    merged = found.question.merged_into
    ids = [question_id, *(id for id in (other, merged) if id is not None)]
    await tx.rows(LOCK_QUESTIONS_OF_TRANSITION, room=found.room.id, ids=ids, states=states)
    return found


def _states_to_lock(state: str) -> list[str]:
    # A question that goes on stage sends another one back to the shortlist; one that is shortlisted may renumber others.
    return {"on_stage": ["on_stage"], "shortlisted": ["shortlisted"]}.get(state, [])


def _transition_time(found: FoundQuestion, state: str, now: datetime) -> datetime:
    return clock.coarse(now) if found.is_anonymous and state == "withdrawn" else now


def _question_facts_of(row: Record, is_own_question: bool) -> QuestionFacts:
    return QuestionFacts(
        id=QuestionId(row["question_id"]),
        post_id=row["question_post_id"],
        state=row["question_state"],
        version=row["question_version"],
        is_own=is_own_question,
        is_held=row["is_held"],
        place=row["question_place"],
        reason=row["question_reason"],
        answered_how=row["question_answered_how"],
        answer_post_id=row["question_answer_post_id"],
        merged_into=row["question_merged_into"],
    )
