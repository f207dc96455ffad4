"""Assignments: a member is responsible for a topic, and the work has a status."""

from sqlalchemy import BigInteger, bindparam

from core.actor import Actor
from core.errors import Invalid
from core.ids import MemberId, TopicId
from core.languages.texts import translatable
from forum.notifications.notifications import notify
from forum.policy import ensure_can_manage
from forum.shapes import Topic
from forum.tables import topics
from forum.topics.shapes import NewAssignment
from forum.topics.topics import SELECT_TOPICS, announce_topic_change, get_topic, topic_of
from forum.visibility import seen_by, visible_topics
from members.handles import normalize_handle
from storage.database import Reader, Transaction
from storage.statements import statement

# A topic with listed readers can be assigned only to one of them.
_SELECT_ASSIGNABLE_MEMBER = statement("""
SELECT m.id FROM members m, topics t WHERE m.handle = :handle AND m.is_claimed AND t.id = :topic AND (t.readers <> 'listed'
    OR EXISTS (SELECT FROM topic_readers r WHERE r.topic_id = t.id AND r.member_id = m.id)
    OR EXISTS (SELECT FROM body_members b WHERE b.body = t.body AND b.member_id = m.id))
""")
_UPDATE_ASSIGNMENT = statement("""
UPDATE topics SET assignee_id = :member, assignment = :status, version = version + 1
WHERE id = :topic AND (assignee_id IS DISTINCT FROM :member OR assignment IS DISTINCT FROM :status)
""")
_SELECT_ASSIGNEE = statement("SELECT assignee_id FROM topics WHERE id = :topic")
_SELECT_ASSIGNED_TOPICS = statement(
    SELECT_TOPICS.where(visible_topics(), topics.c.assignee_id == bindparam("member", type_=BigInteger))
    .order_by(topics.c.assignment == "done", topics.c.last_activity_at.desc(), topics.c.id.desc())
    .limit(200)
)
# Removed first, so that a member who gets the topic again is notified again.
_DELETE_ASSIGNMENT_NOTIFICATION = statement("""
DELETE FROM notifications WHERE member_id = :member AND topic_id = :topic AND kind = 'assigned'
""")


class NobodyToAssign(Invalid):
    """No member with this handle can read the topic."""

    message = translatable("There is no member with this name who can read this topic.")


async def assign_topic(tx: Transaction, actor: Actor, topic_id: TopicId, new: NewAssignment) -> None:
    """Assign a topic to a member, who is notified, and set the status of the work.

    Moderators do both; the current assignee may change the status. Raise NotFound, NotModerator, TopicStays or
    NobodyToAssign.
    """
    topic = await get_topic(tx, actor, topic_id, lock=True)
    member = await tx.value(_SELECT_ASSIGNABLE_MEMBER, topic=topic_id, handle=normalize_handle(new.member))
    before = await tx.value(_SELECT_ASSIGNEE, topic=topic_id)
    if not (member is not None and before == member == actor.signed_in()):
        ensure_can_manage(actor, topic)
    if member is None:
        raise NobodyToAssign(field="member")
    if not await tx.run(_UPDATE_ASSIGNMENT, topic=topic_id, member=member, status=new.status):
        return
    await announce_topic_change(tx, topic)
    if before != member and member != actor.id:
        await tx.run(_DELETE_ASSIGNMENT_NOTIFICATION, member=member, topic=topic_id)
        reason = {"code": "assigned"}
        await notify(tx, "assigned", topic_id, None, {MemberId(member): reason})


async def unassign_topic(tx: Transaction, actor: Actor, topic_id: TopicId) -> None:
    """Remove the assignment of a topic, as a moderator or as the assignee; raise NotFound, NotModerator or TopicStays."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    if await tx.value(_SELECT_ASSIGNEE, topic=topic_id) != actor.signed_in():
        ensure_can_manage(actor, topic)
    if await tx.run(_UPDATE_ASSIGNMENT, topic=topic_id, member=None, status=None):
        await announce_topic_change(tx, topic)


async def read_assigned(tx: Reader, actor: Actor) -> list[Topic]:
    """Return up to 200 topics that are assigned to the actor, those with status "done" last."""
    rows = await tx.rows(_SELECT_ASSIGNED_TOPICS, member=actor.signed_in(), **seen_by(actor))
    return [topic_of(row) for row in rows]
