"""Cases: opening and joining them, and finding one to decide about. (How they are shown is in reading.py.)"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, exists, select, update

from core.actor import Actor
from core.errors import NotFound
from core.ids import SectorId, TopicId
from forum.events import PostEdited, PostRestored, PostsMovedHere, PostWithdrawn, ReadersChanged
from forum.posts.hiding import lock_topics
from forum.visibility import seen_by
from members.pseudonyms import is_author
from moderation.events import CaseChanged, CaseClaimed, CaseInRoom, CaseNoted, CaseOpened
from moderation.policy import CaseFacts
from moderation.reasons.reasons import detect_language
from moderation.shapes import FlagReason, ObjectName
from moderation.tables import case_subjects, cases, flags
from moderation.visibility import visible_cases
from storage.database import Reader, Transaction
from storage.statements import statement

# Whether the viewer has ever flagged what the case is about.
HAS_FLAGGED = exists().where(
    flags.c.object_kind == cases.c.object_kind,
    flags.c.object_id == cases.c.object_id,
    flags.c.member_id == bindparam("viewer", type_=BigInteger),
)
_FACTS = (
    select(
        *cases.c[("id", "object_kind", "object_id", "sector_id", "state", "version", "escalated_at")],
        *case_subjects.c[("topic_id", "author_id", "pseudonym", "gathering_id")],
        HAS_FLAGGED.label("has_flagged"),
    )
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .where(cases.c.id == bindparam("id"), visible_cases())
)
_GET = statement(_FACTS)
_GET_LOCKED = statement(_FACTS.with_for_update(key_share=True, of=cases))
_OPEN_OR_JOIN = statement("""
INSERT INTO cases (object_kind, object_id, sector_id, opened_at) VALUES (:kind, :object, :sector, :now)
ON CONFLICT (object_kind, object_id) WHERE state = 'open' DO UPDATE SET version = cases.version + CASE WHEN EXISTS (
    SELECT FROM flags WHERE flags.case_id = cases.id AND flags.reason = :reason) THEN 0 ELSE 1 END
RETURNING id, sector_id, xmax = 0 AS is_new
""")
# From so many signs on a language can be told, by so many of the first ones.
_TELLING, _LOOKED_AT = 20, 500
_TEXT = statement("""
SELECT CASE CAST(:kind AS text)
    WHEN 'post' THEN (SELECT coalesce(h.edit_body, p.body) FROM posts p LEFT JOIN held_posts h ON h.post_id = p.id
        WHERE p.id = CAST(:object AS bigint))
    WHEN 'topic' THEN (SELECT title FROM topics WHERE id = CAST(:object AS bigint))
    WHEN 'profile' THEN (SELECT about FROM members WHERE id = CAST(:object AS bigint) AND 'about' = ANY(public))
END
""")
_SAY_LANGUAGE = statement("UPDATE cases SET language = :language WHERE id = :case")
_MOVE_ON = statement(
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values(state=bindparam("new_state"), version=cases.c.version + 1)
)
_NEWER = statement("""
UPDATE cases n SET version = n.version + 1 FROM cases c
WHERE c.id = :case AND n.object_kind = c.object_kind AND n.object_id = c.object_id AND n.state = 'open' RETURNING n.id
""")
_GATHERING = statement("SELECT gathering_id FROM case_subjects WHERE case_id = :case")
_JOIN_FLAGS = statement("UPDATE flags SET case_id = :newer WHERE case_id = :case")
_JOIN_REPORTS = statement("UPDATE reports SET case_id = :newer WHERE case_id = :case")
_TOUCH = statement("""
UPDATE cases SET version = version + 1 WHERE object_kind = 'post' AND object_id = :post AND state = 'open'
RETURNING id, sector_id
""")


_RELOCATE = statement("""
UPDATE cases SET sector_id = t.sector_id, version = cases.version + 1
FROM case_subjects o JOIN topics t ON t.id = o.topic_id
WHERE o.case_id = cases.id AND o.topic_id = :topic AND cases.sector_id <> t.sector_id
RETURNING cases.id, cases.sector_id
""")


async def open_or_join_case(
    tx: Transaction,
    name: ObjectName,
    sector_id: SectorId | None,
    reason: FlagReason | Literal["rule"],
    now: datetime,
) -> CaseOpened | CaseChanged:
    """The one open case of an object, opened if there is none; as the event to record once all is written.

    A reason that nobody has given before is a new version: it may change what is decided. One more of the same is not.
    """
    binds = {"kind": name.kind, "object": name.id, "sector": sector_id, "reason": reason, "now": now}
    row = await tx.row(_OPEN_OR_JOIN, **binds)
    assert row is not None
    if row["is_new"]:
        await _tell_language(tx, name, row["id"])
    kind = CaseOpened if row["is_new"] else CaseChanged
    return kind(sector_id=row["sector_id"], case_id=row["id"])


async def _tell_language(tx: Transaction, name: ObjectName, case_id: int) -> None:
    text = await tx.value(_TEXT, kind=name.kind, object=name.id)
    if text is not None and len(text) >= _TELLING:
        language = await asyncio.to_thread(detect_language, text[:_LOOKED_AT])
        await tx.run(_SAY_LANGUAGE, case=case_id, language=language)


async def get_case(tx: Reader, actor: Actor, case_id: int) -> CaseFacts:
    """What the rules need of a case that the actor can see."""
    row = await tx.row(_GET, id=case_id, viewer=actor.id, **seen_by(actor))
    if row is None:
        raise NotFound
    return _facts(actor, row)


async def lock_case(tx: Transaction, actor: Actor, case_id: int, also: TopicId | None = None) -> CaseFacts:
    """The same, held until the transaction ends, with the topic it lies in: the topic comes before all that is in it."""
    case = await get_case(tx, actor, case_id)
    if case.topic_id is not None:
        await lock_topics(tx, case.topic_id, *(() if also is None else (also,)))
    row = await tx.row(_GET_LOCKED, id=case_id, viewer=actor.id, **seen_by(actor))
    if row is None:
        raise NotFound
    return _facts(actor, row)


async def mark_decided(tx: Transaction, case: CaseFacts) -> None:
    """Write that a decision was made or reversed, and tell the moderators."""
    await tx.run(_MOVE_ON, case=case.id, new_state="decided")
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))


async def reopen_case(tx: Transaction, case: CaseFacts) -> None:
    """Have a case wait again whose decision was undone. Where the same thing was reported anew since, what was said of it
    goes on in that case: of one object at most one is open."""
    newer = await tx.row(_NEWER, case=case.id)
    if newer is None:
        await tx.run(_MOVE_ON, case=case.id, new_state="open")
    else:
        await tx.run(_JOIN_FLAGS, case=case.id, newer=newer["id"])
        await tx.run(_JOIN_REPORTS, case=case.id, newer=newer["id"])
        await tx.record(CaseChanged(sector_id=case.sector_id, case_id=newer["id"]))
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))


async def on_post_changed(tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored) -> None:
    """Make what is judged a new version when its author changes it. A reaction to what happens in the topic."""
    row = await tx.row(_TOUCH, post=event.post_id)
    if row is not None:
        await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["id"]))


async def on_case_changed(tx: Transaction, event: CaseOpened | CaseChanged | CaseClaimed | CaseNoted) -> None:
    """Let the hosts hear of what happens to the cases of their rooms. A reaction to whatever the moderators hear."""
    gathering = await tx.value(_GATHERING, case=event.case_id)
    if gathering is not None:
        what = str(event.__struct_config__.tag)
        await tx.record(CaseInRoom(gathering_id=gathering, case_id=event.case_id, what=what))


async def on_topic_sector_changed(tx: Transaction, event: PostsMovedHere | ReadersChanged) -> None:
    """Give the cases of a topic, its posts and files to the sector in which it lies now: who moderates there decides. A
    reaction to topics, or posts, that went from one sector to another."""
    for row in await tx.rows(_RELOCATE, topic=event.topic_id):
        await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["id"]))


def is_involved(actor: Actor, row: Record | Mapping[str, Any]) -> bool:
    """Whether the actor wrote what this row's case is about, with or without a name, or flagged it."""
    return bool(row["has_flagged"]) or is_author(actor, row["topic_id"], row["author_id"], row["pseudonym"])


def _facts(actor: Actor, row: Record) -> CaseFacts:
    return CaseFacts(
        id=row["id"],
        kind=row["object_kind"],
        object_id=row["object_id"],
        topic_id=row["topic_id"],
        sector_id=row["sector_id"],
        gathering_id=row["gathering_id"],
        state=row["state"],
        version=row["version"],
        is_involved=is_involved(actor, row),
        is_escalated=row["escalated_at"] is not None,
    )
