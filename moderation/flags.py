"""Flags: a member's word that something should be looked at."""

from asyncpg import Record
from sqlalchemy import bindparam, insert, select
from sqlalchemy.sql.elements import ColumnElement

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import PostId, TopicId
from core.text import tidy
from forum.tables import posts
from forum.tables import topics as topic_table
from forum.topics import get_topic
from forum.visibility import placed_posts, seen_by, visible_topics
from gatherings.visibility import is_mine, own_pseudonym
from moderation.auditing import write_notice
from moderation.cases import open_or_join
from moderation.events import DangerFlagged
from moderation.policy import FlaggedFacts, ensure_can_flag, ensure_flag_is_clear
from moderation.shapes import Flag, NewFlag, ObjectName
from moderation.tables import flags
from storage.database import Transaction
from storage.statements import statement

_TOPIC_OF = statement(
    select(posts.c.topic_id)
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), placed_posts(), visible_topics())
)
_POST = statement(
    select(posts.c.state, topic_table.c.gathering_id, is_mine().label("is_own"))
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"))
)


def _one(name: str) -> ColumnElement[bool]:
    return flags.c[name] == bindparam(name)


_BEFORE = statement(
    select(flags.c.reason, flags.c.note, flags.c.flagged_at).where(
        _one("object_kind"), _one("object_id"), _one("member_id")
    )
)
_FLAG = statement(
    insert(flags).values(
        {
            name: bindparam(name)
            for name in ("case_id", "object_kind", "object_id", "member_id", "reason", "note", "flagged_at")
        }
    )
)


async def flag_post(tx: Transaction, actor: Actor, post_id: PostId, new: NewFlag) -> Flag:
    """Tell the moderators of a post: opens its case, or joins the open one. A second flag by the same member is the
    first one again."""
    post = await hold_flagged(tx, actor, post_id)
    now = clock.now()
    ensure_can_flag(actor, post)
    note = tidy(new.note)
    ensure_flag_is_clear(new.reason, note)

    name = ObjectName("post", post_id)
    whose = {"object_kind": name.kind, "object_id": name.id, "member_id": actor.signed_in()}
    before = await tx.row(_BEFORE, **whose)
    if before is not None:
        return _flag(name, before)
    case = await open_or_join(tx, name, post.sector_id, new.reason, now)
    await tx.run(_FLAG, case_id=case.case_id, reason=new.reason, note=note, flagged_at=now, **whose)
    await tx.record(case)
    write_notice(tx, post, case.case_id, new.reason)
    if new.reason == "danger":
        await tx.record(DangerFlagged(case_id=case.case_id))
    return Flag(object=name, reason=new.reason, note=note, flagged_at=now)


async def hold_flagged(tx: Transaction, actor: Actor, post_id: PostId) -> FlaggedFacts:
    """What the rules need of a post that the actor can see, and that stays as it is until the transaction ends."""
    # Whoever changes the state of a post holds its topic: as long as this does, it stays as it is.
    topic_id = await tx.value(_TOPIC_OF, id=post_id, **seen_by(actor))
    if topic_id is None:
        raise NotFound
    topic = await get_topic(tx, actor, TopicId(topic_id), lock=True)
    row = await tx.row(_POST, id=post_id, viewer=actor.id, pseudonym=own_pseudonym(actor, topic.id))
    if row is None:
        raise NotFound
    return FlaggedFacts(sector_id=topic.sector_id, **row)


def _flag(name: ObjectName, row: Record) -> Flag:
    return Flag(object=name, reason=row["reason"], note=row["note"], flagged_at=row["flagged_at"])
