"""Cases: opening and joining them, finding and locking one, and reacting to changes of their subjects."""

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
from moderation.shapes import FlagReason, ObjectReference
from moderation.tables import case_subjects, cases, flags
from moderation.visibility import visible_cases
from storage.database import Reader, Transaction
from storage.statements import statement

# Whether the viewer has ever flagged the subject of the case.
HAS_FLAGGED = exists().where(
    flags.c.object_kind == cases.c.object_kind,
    flags.c.object_id == cases.c.object_id,
    flags.c.member_id == bindparam("viewer", type_=BigInteger),
)
_CASE_FACTS = (
    select(
        *cases.c[("id", "object_kind", "object_id", "sector_id", "state", "version", "escalated_at")],
        *case_subjects.c[("topic_id", "author_id", "pseudonym", "gathering_id")],
        HAS_FLAGGED.label("has_flagged"),
    )
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .where(cases.c.id == bindparam("id"), visible_cases())
)
SELECT_CASE_FACTS = statement(_CASE_FACTS)
LOCK_CASE = statement(_CASE_FACTS.with_for_update(key_share=True, of=cases))
UPSERT_CASE = statement("""
INSERT INTO cases (object_kind, object_id, sector_id, opened_at) VALUES (:kind, :object, :sector, :now)
ON CONFLICT (object_kind, object_id) WHERE state = 'open' DO UPDATE SET version = cases.version + CASE WHEN EXISTS (
    SELECT FROM flags WHERE flags.case_id = cases.id AND flags.reason = :reason) THEN 0 ELSE 1 END
RETURNING id, sector_id, xmax = 0 AS is_new
""")
# The language is detected in texts of at least this many characters, from at most this many.
_MIN_CHARACTERS, _MAX_CHARACTERS = 20, 500
SELECT_SUBJECT_TEXT = statement("""
SELECT CASE CAST(:kind AS text)
    WHEN 'post' THEN (SELECT coalesce(h.edit_body, p.body) FROM posts p LEFT JOIN held_posts h ON h.post_id = p.id
        WHERE p.id = CAST(:object AS bigint))
    WHEN 'topic' THEN (SELECT title FROM topics WHERE id = CAST(:object AS bigint))
    WHEN 'profile' THEN (SELECT about FROM members WHERE id = CAST(:object AS bigint) AND 'about' = ANY(public))
END
""")
UPDATE_CASE_LANGUAGE = statement("UPDATE cases SET language = :language WHERE id = :case")
UPDATE_CASE_STATE = statement(
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values(state=bindparam("new_state"), version=cases.c.version + 1)
)
UPDATE_NEWER_CASE = statement("""
UPDATE cases n SET version = n.version + 1 FROM cases c
WHERE c.id = :case AND n.object_kind = c.object_kind AND n.object_id = c.object_id AND n.state = 'open' RETURNING n.id
""")
SELECT_CASE_GATHERING = statement("SELECT gathering_id FROM case_subjects WHERE case_id = :case")
UPDATE_FLAGS_CASE = statement("UPDATE flags SET case_id = :newer WHERE case_id = :case")
UPDATE_REPORTS_CASE = statement("UPDATE reports SET case_id = :newer WHERE case_id = :case")
UPDATE_POST_CASE_VERSION = statement("""
UPDATE cases SET version = version + 1 WHERE object_kind = 'post' AND object_id = :post AND state = 'open'
RETURNING id, sector_id
""")


UPDATE_CASES_SECTOR = statement("""
UPDATE cases SET sector_id = t.sector_id, version = cases.version + 1
FROM case_subjects o JOIN topics t ON t.id = o.topic_id
WHERE o.case_id = cases.id AND o.topic_id = :topic AND cases.sector_id <> t.sector_id
RETURNING cases.id, cases.sector_id
""")


async def open_or_join_case(
    tx: Transaction,
    subject: ObjectReference,
    sector_id: SectorId | None,
    reason: FlagReason | Literal["rule"],
    now: datetime,
) -> CaseOpened | CaseChanged:
    """Open a case about an object, or join the open one. Return the event, which the caller records after writing the
    flag.

    A reason that nobody has given before makes a new version of the case, because it may change the decision; a further
    flag with a known reason does not.
    """
    binds = {"kind": subject.kind, "object": subject.id, "sector": sector_id, "reason": reason, "now": now}
    row = await tx.row(UPSERT_CASE, **binds)
    assert row is not None
    if row["is_new"]:
        await _detect_case_language(tx, subject, row["id"])
    kind = CaseOpened if row["is_new"] else CaseChanged
    return kind(sector_id=row["sector_id"], case_id=row["id"])


async def _detect_case_language(tx: Transaction, subject: ObjectReference, case_id: int) -> None:
    text = await tx.value(SELECT_SUBJECT_TEXT, kind=subject.kind, object=subject.id)
    if text is not None and len(text) >= _MIN_CHARACTERS:
        language = await asyncio.to_thread(detect_language, text[:_MAX_CHARACTERS])
        await tx.run(UPDATE_CASE_LANGUAGE, case=case_id, language=language)


async def get_case(tx: Reader, actor: Actor, case_id: int) -> CaseFacts:
    """Return the facts of a case that the actor can see; raise NotFound otherwise."""
    row = await tx.row(SELECT_CASE_FACTS, id=case_id, viewer=actor.id, **seen_by(actor))
    if row is None:
        raise NotFound
    return _case_facts(actor, row)


async def lock_case(tx: Transaction, actor: Actor, case_id: int, also: TopicId | None = None) -> CaseFacts:
    """Lock a case, its topic and the topic `also` until the transaction ends, and return the facts of the case. Raises
    NotFound.

    Topics are locked before cases, in the same order as everywhere, so that no deadlock can occur.
    """
    case = await get_case(tx, actor, case_id)
    if case.topic_id is not None:
        await lock_topics(tx, case.topic_id, *(() if also is None else (also,)))
    row = await tx.row(LOCK_CASE, id=case_id, viewer=actor.id, **seen_by(actor))
    if row is None:
        raise NotFound
    return _case_facts(actor, row)


async def mark_decided(tx: Transaction, case: CaseFacts) -> None:
    """Set a case to "decided" after a decision or reversal, and publish the change to the moderators."""
    await tx.run(UPDATE_CASE_STATE, case=case.id, new_state="decided")
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))


async def reopen_case(tx: Transaction, case: CaseFacts) -> None:
    """Open a case again after its decision was undone. If the subject has a newer open case by now, its flags and
    reports go to that one, because an object has at most one open case."""
    newer = await tx.row(UPDATE_NEWER_CASE, case=case.id)
    if newer is None:
        await tx.run(UPDATE_CASE_STATE, case=case.id, new_state="open")
    else:
        await tx.run(UPDATE_FLAGS_CASE, case=case.id, newer=newer["id"])
        await tx.run(UPDATE_REPORTS_CASE, case=case.id, newer=newer["id"])
        await tx.record(CaseChanged(sector_id=case.sector_id, case_id=newer["id"]))
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))


async def on_post_changed(tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored) -> None:
    """Increase the version of the open case about a post when its author edits, withdraws or restores it, so that no
    moderator decides about a text they have not seen."""
    row = await tx.row(UPDATE_POST_CASE_VERSION, post=event.post_id)
    if row is not None:
        await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["id"]))


async def on_case_changed(tx: Transaction, event: CaseOpened | CaseChanged | CaseClaimed | CaseNoted) -> None:
    """Publish an event about a case in a room to the hosts of the gathering."""
    gathering = await tx.value(SELECT_CASE_GATHERING, case=event.case_id)
    if gathering is not None:
        what = str(event.__struct_config__.tag)
        await tx.record(CaseInRoom(gathering_id=gathering, case_id=event.case_id, what=what))


async def on_topic_sector_changed(tx: Transaction, event: PostsMovedHere | ReadersChanged) -> None:
    """Move the cases about a topic, its posts and its files to the sector that the topic or posts are in now, because
    its moderators decide."""
    for row in await tx.rows(UPDATE_CASES_SECTOR, topic=event.topic_id):
        await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["id"]))


def is_involved(actor: Actor, row: Record | Mapping[str, Any]) -> bool:
    """Return whether the actor wrote the subject of the case in this row, by name or anonymously, or flagged it."""
    return bool(row["has_flagged"]) or is_author(actor, row["topic_id"], row["author_id"], row["pseudonym"])


def _case_facts(actor: Actor, row: Record) -> CaseFacts:
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
