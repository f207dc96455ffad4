"""HTTP routes that manage topics: lock, archive, pin, slow mode, accepted answer, timers and assignment."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import PathId
from core.ids import PostId, TopicId
from forum.topics import accepted_answers, assignments, status, timer_jobs
from forum.topics.shapes import (
    AssignedList,
    NewAnswer,
    NewAssignment,
    NewClosing,
    NewPin,
    NewSlowMode,
    NewTimer,
    TimerKind,
    TimerList,
)
from storage.database import Database


@put("/topics/{topic_id:int}/lock", status_code=204, operation_id="lock_topic")
async def lock_topic(topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Lock a topic, so that only moderators can reply."""
    async with db.begin() as tx:
        await status.lock_topic(tx, actor, TopicId(topic_id))


@delete("/topics/{topic_id:int}/lock", operation_id="unlock_topic")
async def unlock_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Unlock a topic; an archived topic returns to its sector's list."""
    async with db.begin() as tx:
        await status.unlock_topic(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/closing", status_code=204, operation_id="close_topic")
async def close_topic(
    topic_id: PathId,
    data: JSONBody[NewClosing],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Lock a topic and give readers a reason."""
    async with db.begin() as tx:
        await status.close_topic(tx, actor, TopicId(topic_id), data.reason)


@put("/topics/{topic_id:int}/archive", status_code=204, operation_id="archive_topic")
async def archive_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Archive a topic: lock it and remove it from its sector's list. DELETE the lock to undo this."""
    async with db.begin() as tx:
        await status.archive_topic(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/pin", status_code=204, operation_id="pin_topic")
async def pin_topic(
    topic_id: PathId, data: JSONBody[NewPin], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Pin a topic above the others of its sector."""
    async with db.begin() as tx:
        await status.pin_topic(tx, actor, TopicId(topic_id), data.until)


@delete("/topics/{topic_id:int}/pin", operation_id="unpin_topic")
async def unpin_topic(topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Unpin a topic."""
    async with db.begin() as tx:
        await status.unpin_topic(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/slow", status_code=204, operation_id="slow_topic")
async def slow_topic(
    topic_id: PathId,
    data: JSONBody[NewSlowMode],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Turn on slow mode: each member may write once per interval."""
    async with db.begin() as tx:
        await status.slow_topic(tx, actor, TopicId(topic_id), data.seconds, data.until)


@delete("/topics/{topic_id:int}/slow", operation_id="hasten_topic")
async def hasten_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Turn off slow mode."""
    async with db.begin() as tx:
        await status.slow_topic(tx, actor, TopicId(topic_id), 0, None)


@put("/topics/{topic_id:int}/answer", status_code=204, operation_id="set_answer")
async def set_answer(
    topic_id: PathId, data: JSONBody[NewAnswer], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Accept a post as the answer to the question."""
    async with db.begin() as tx:
        await accepted_answers.set_accepted_answer(tx, actor, TopicId(topic_id), PostId(data.post))


@delete("/topics/{topic_id:int}/answer", operation_id="unset_answer")
async def unset_answer(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove the accepted answer of the question."""
    async with db.begin() as tx:
        await accepted_answers.set_accepted_answer(tx, actor, TopicId(topic_id), None)


@get("/topics/{topic_id:int}/timers", operation_id="read_timers")
async def read_timers(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> TimerList:
    """Return the actions that are scheduled for a topic."""
    async with db.read() as tx:
        return await timer_jobs.read_timers(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/timers/{timer:str}", status_code=204, operation_id="set_timer")
async def set_timer(
    topic_id: PathId,
    timer: FromPath[TimerKind],
    data: JSONBody[NewTimer],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Schedule opening, closing or archiving a topic, or a reminder of it."""
    async with db.begin() as tx:
        await timer_jobs.set_timer(tx, actor, TopicId(topic_id), timer, data)


@delete("/topics/{topic_id:int}/timers/{timer:str}", operation_id="unset_timer")
async def unset_timer(
    topic_id: PathId,
    timer: FromPath[TimerKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Cancel a scheduled action."""
    async with db.begin() as tx:
        await timer_jobs.unset_timer(tx, actor, TopicId(topic_id), timer)


@put("/topics/{topic_id:int}/assignment", status_code=204, operation_id="assign_topic")
async def assign_topic(
    topic_id: PathId,
    data: JSONBody[NewAssignment],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Assign a topic to a member, or change the status of the work."""
    async with db.begin() as tx:
        await assignments.assign_topic(tx, actor, TopicId(topic_id), data)


@delete("/topics/{topic_id:int}/assignment", operation_id="unassign_topic")
async def unassign_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove the assignment of a topic."""
    async with db.begin() as tx:
        await assignments.unassign_topic(tx, actor, TopicId(topic_id))


@get("/me/assigned", operation_id="read_assigned")
async def read_assigned(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> AssignedList:
    """Return the topics that are assigned to you."""
    async with db.read() as tx:
        return AssignedList(await assignments.read_assigned(tx, actor))


topic_status_routes = [
    lock_topic,
    unlock_topic,
    close_topic,
    archive_topic,
    pin_topic,
    unpin_topic,
    slow_topic,
    hasten_topic,
    set_answer,
    unset_answer,
    read_timers,
    set_timer,
    unset_timer,
    assign_topic,
    unassign_topic,
    read_assigned,
]
