"""Flags: members' messages that something should be reviewed."""

from collections.abc import Mapping

from asyncpg import Record
from sqlalchemy import bindparam, insert, select
from sqlalchemy.sql.elements import ColumnElement

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import PostId, TopicId
from core.text import tidy
from forum.files.files import find_file
from forum.tables import posts
from forum.tables import topics as topic_table
from forum.topics.topics import get_topic
from forum.visibility import posts_not_held, seen_by, visible_topics
from gatherings.visibility import is_mine
from members.profiles.profiles import find_member_id
from members.pseudonyms import own_pseudonym
from moderation.audit.audit_trail import audit_notice
from moderation.cases.cases import open_or_join_case
from moderation.events import DangerFlagged
from moderation.flags.policy import ensure_can_flag, ensure_flag_is_clear
from moderation.policy import FlaggedFacts
from moderation.shapes import Flag, NewFlag, ObjectKind, ObjectReference
from moderation.tables import flags
from storage.database import Transaction
from storage.statements import Statement, statement

SELECT_POST_TOPIC = statement(
    select(posts.c.topic_id)
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), posts_not_held(), visible_topics())
)
SELECT_POST_STATE = statement(
    select(posts.c.state, topic_table.c.gathering_id, is_mine().label("is_own"))
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"))
)


def _equals(name: str) -> ColumnElement[bool]:
    return flags.c[name] == bindparam(name)


SELECT_FLAG = statement(
    select(flags.c.reason, flags.c.note, flags.c.flagged_at).where(
        _equals("object_kind"), _equals("object_id"), _equals("member_id")
    )
)
INSERT_FLAG = statement(
    insert(flags).values(
        {
            name: bindparam(name)
            for name in ("case_id", "object_kind", "object_id", "member_id", "reason", "note", "flagged_at")
        }
    )
)

LOCK_FLAGGED: Mapping[ObjectKind, Statement] = {
    "topic": statement("""
SELECT sector_id, gathering_id, coalesce(author_id = :viewer, false) AS is_own,
    CASE WHEN hidden_at IS NOT NULL THEN 'hidden'
        WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE 'published' END AS state
FROM topics WHERE id = :id
"""),
    "profile": statement("""
SELECT CAST(NULL AS bigint) AS sector_id, coalesce(id = :viewer, false) AS is_own,
    CASE WHEN profile_hidden_at IS NOT NULL THEN 'hidden' ELSE 'published' END AS state
FROM members WHERE id = :id FOR SHARE
"""),
    # A file that no post uses belongs to no topic: only its uploader can see it.
    "file": statement("""
SELECT t.sector_id, t.gathering_id, coalesce(f.uploaded_by = :viewer, false) AS is_own,
    CASE WHEN f.hidden_at IS NOT NULL THEN 'hidden' ELSE 'published' END AS state
FROM files f JOIN file_uses u ON u.file_id = f.id JOIN posts p ON p.id = u.post_id JOIN topics t ON t.id = p.topic_id
WHERE f.id = :id AND p.state <> 'held' ORDER BY p.id LIMIT 1 FOR SHARE OF f
"""),
}


async def flag_object(tx: Transaction, actor: Actor, subject: ObjectReference, new: NewFlag) -> Flag:
    """Flag an object: open a case about it, or join the open one. A second flag by the same member returns the first
    one. Raises NotFound and the refusals of `moderation.flags.policy`."""
    facts = await lock_flagged(tx, actor, subject)
    now = clock.now()
    ensure_can_flag(actor, subject.kind, facts)
    note = tidy(new.note)
    ensure_flag_is_clear(new.reason, note)

    flag_key = {"object_kind": subject.kind, "object_id": subject.id, "member_id": actor.signed_in()}
    earlier = await tx.row(SELECT_FLAG, **flag_key)
    if earlier is not None:
        return _flag(subject, earlier)
    case = await open_or_join_case(tx, subject, facts.sector_id, new.reason, now)
    await tx.run(INSERT_FLAG, case_id=case.case_id, reason=new.reason, note=note, flagged_at=now, **flag_key)
    await tx.record(case)
    audit_notice(tx, facts, case.case_id, new.reason)
    if new.reason == "danger":
        await tx.record(DangerFlagged(case_id=case.case_id))
    return Flag(object=subject, reason=new.reason, note=note, flagged_at=now)


async def flag_profile(tx: Transaction, actor: Actor, handle: str, new: NewFlag) -> Flag:
    """Flag the profile of the member with this handle; raise NotFound if there is none."""
    member_id = await find_member_id(tx, handle)
    if member_id is None:
        raise NotFound
    return await flag_object(tx, actor, ObjectReference("profile", member_id), new)


async def lock_flagged(tx: Transaction, actor: Actor, subject: ObjectReference) -> FlaggedFacts:
    """Lock an object that the actor can see until the transaction ends, and return the facts that the rules need. Raises
    NotFound."""
    if subject.kind == "post":
        return await _lock_post(tx, actor, PostId(subject.id))
    if subject.kind == "topic":
        await get_topic(tx, actor, TopicId(subject.id), lock=True)
    if subject.kind == "file" and await find_file(tx, actor, subject.id) is None:
        raise NotFound
    row = await tx.row(LOCK_FLAGGED[subject.kind], id=subject.id, viewer=actor.id)
    if row is None:
        raise NotFound
    return FlaggedFacts(**row)


async def _lock_post(tx: Transaction, actor: Actor, post_id: PostId) -> FlaggedFacts:
    # Every change of a post's state locks its topic first, so this lock keeps the state as it is.
    topic_id = await tx.value(SELECT_POST_TOPIC, id=post_id, **seen_by(actor))
    if topic_id is None:
        raise NotFound
    topic = await get_topic(tx, actor, TopicId(topic_id), lock=True)
    row = await tx.row(
        SELECT_POST_STATE, id=post_id, viewer=actor.id, pseudonym=own_pseudonym(actor, topic.id)
    )
    if row is None:
        raise NotFound
    return FlaggedFacts(sector_id=topic.sector_id, **row)


def _flag(subject: ObjectReference, row: Record) -> Flag:
    return Flag(object=subject, reason=row["reason"], note=row["note"], flagged_at=row["flagged_at"])
