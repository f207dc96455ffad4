"""Entries: adding, changing with others at the same time, withdrawing, bringing back, confirming."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from boards.boards.boards import load_entry_context
from boards.boards.writing import rename_entry_topic, rewrite_post, say
from boards.curation.screening import look_at, read_text
from boards.entries.entry_text import entry_title, render_entry
from boards.entries.field_values import AnswerMissing, check, validate_given_values
from boards.entries.indexing import EntryContext, reindex_entry
from boards.entries.insertion import CheckedEntry, insert_entries
from boards.entries.references import resolve_references
from boards.events import EntryAdded, EntryChanged
from boards.forms import asked
from boards.lookup.entry_queries import show_entry
from boards.lookup.lookup import get_board, lock_entry
from boards.policy import (
    EntryFacts,
    ensure_can_change_entry,
    ensure_can_confirm_entry,
    ensure_can_contribute,
    ensure_can_withdraw_entry,
)
from boards.shapes import ConfirmationKind, EntryChange, Fields, NewEntry
from boards.tables import entries
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound, Refusal, Stale
from core.ids import BoardId, EntryId, PostId, TopicId
from core.text import tidy
from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from forum.policy import ensure_can_reply
from forum.posts.post_pages import show_post
from forum.posts.screening import Screen, screen_nothing
from forum.topics.topics import get_topic
from gatherings.rooms.participation import check_reply_in_room
from storage.database import Reader, Transaction
from storage.statements import statement

_STORED = statement(
    select(*entries.c[("title", "fields", "version", "changed_by", "changed_at")]).where(
        entries.c.id == bindparam("entry")
    )
)
_BEFORE = statement("SELECT fields FROM entry_versions WHERE entry_id = :entry AND version = :version")
_KEEP = statement("""
INSERT INTO entry_versions (entry_id, version, title, fields, written_by, written_at)
SELECT id, version, title, fields, changed_by, changed_at FROM entries WHERE id = :entry
""")
# Who changes an entry has looked at it: it is as good as verified.
_CHANGE = statement("""
UPDATE entries SET title = :title, fields = CAST(:fields AS jsonb), words = :words, changed_by = :by, changed_at = :now,
    verified_at = :now, verified_by = :by, outdated_at = NULL, outdated_reason = '', reminded_at = NULL,
    version = version + 1 WHERE id = :entry
""")
_CREDIT = statement("""
INSERT INTO entry_contributors (entry_id, member_id, since) VALUES (:entry, :member, :now)
ON CONFLICT (entry_id, member_id) DO UPDATE SET via = NULL
""")
_SET_STATE = statement("UPDATE posts SET state = :state, version = version + 1 WHERE id = :post")
_COUNT_POSTS = statement(
    "UPDATE topics SET post_count = post_count + :change, version = version + 1 WHERE id = :topic"
)
_CONFIRM = statement("""
INSERT INTO entry_confirmations (entry_id, member_id, kind, organisation, post_id, set_at)
SELECT :entry, id, :kind,
    CASE WHEN 'organisation' = ANY(public) AND profile_hidden_at IS NULL THEN organisation ELSE '' END, :note, :now
FROM members WHERE id = :member
ON CONFLICT (entry_id, member_id, kind)
DO UPDATE SET post_id = coalesce(excluded.post_id, entry_confirmations.post_id), via = NULL
WHERE excluded.post_id IS NOT NULL OR entry_confirmations.via IS NOT NULL
""")
_HAS_NOTE = statement("""
SELECT post_id IS NOT NULL FROM entry_confirmations WHERE entry_id = :entry AND member_id = :member AND kind = :kind
""")
_UNCONFIRM = statement(
    "DELETE FROM entry_confirmations WHERE entry_id = :entry AND member_id = :member AND kind = :kind"
)
# Made anew from what they count, under the entry's lock, so they cannot drift.
_RECOUNT = statement("""
UPDATE entries SET confirmations = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM entry_confirmations WHERE entry_id = :entry GROUP BY kind) AS counted
), '{}') WHERE id = :entry
""")
_POST_OF = statement("SELECT post_id FROM entries WHERE id = :entry")
_OF_POST = statement("SELECT id, board_id FROM entries WHERE post_id = :post")


class SourceNotHere(Invalid):
    """An entry is made from a post that its author can read."""

    message = "This entry cannot be made from that: you cannot read it, or it is gone."


async def add_entry(
    tx: Transaction, actor: Actor, board_id: BoardId, new: NewEntry, screen: Screen = screen_nothing
) -> EntryId:
    """Add an entry to a board: a topic of its own from now on, in which it is talked about."""
    board = await get_board(tx, actor, board_id)
    now = clock.now()
    ensure_can_contribute(actor, board, now)
    sheet = await load_entry_context(tx, board_id)
    answers = check(sheet.form, await resolve_references(tx, actor, sheet.form, new.fields), sheet.taxonomies)
    if new.source is not None:
        await _ensure_source(tx, actor, PostId(new.source))
    row = CheckedEntry(answers=answers, author=actor.signed_in(), source=new.source)
    (entry_id,) = await insert_entries(tx, sheet, [row], now)
    await tx.record(EntryAdded(board_id=board_id, entry_id=entry_id))
    await look_at(tx, actor, board, await tx.value(_POST_OF, entry=entry_id), screen)
    if new.source is not None:
        address = f"{tx.site}/b/{board_id}/entries/{entry_id}"
        await _link_back(tx, actor, PostId(new.source), address, now)
    return entry_id


async def change_entry(
    tx: Transaction,
    actor: Actor,
    entry_id: EntryId,
    change: EntryChange,
    version: int | None,
    screen: Screen = screen_nothing,
) -> None:
    """Change fields of an entry. With the `version` one started from, others may have changed other fields since then;
    who changes the same one to something else gets `Stale` with the entry as it is."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_change_entry(actor, board, entry, now)
    sheet = await load_entry_context(tx, board.id)
    resolved = await resolve_references(tx, actor, sheet.form, change.fields)
    given = validate_given_values(sheet.form, resolved, sheet.taxonomies)
    stored = await tx.row(_STORED, entry=entry_id)
    assert stored is not None
    if version is not None and version != stored["version"]:
        began = await _started_from(tx, entry_id, version)
        given = _meant(given, began or {})
        if began is None or _collides(given, began, stored["fields"]):
            raise Stale(await show_entry(tx, actor, entry_id))
    answers = _laid_over(sheet, stored["fields"], given)
    if answers != stored["fields"]:
        before = await read_text(tx, entry.post_id)
        await write_entry(tx, sheet, entry, answers, actor.signed_in(), now)
        await look_at(tx, actor, board, entry.post_id, screen, before)
        await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def write_entry(
    tx: Transaction, sheet: EntryContext, entry: EntryFacts, answers: Fields, by: int, now: datetime
) -> None:
    """Write what an entry says now, in its fields and in its post; who writes it has contributed. Asks no rule and
    does not tell the board."""
    title, encoded = entry_title(sheet.form, answers), msgspec.json.encode(answers).decode()
    await tx.run(_KEEP, entry=entry.id)
    text = render_entry(sheet.form, answers, sheet.taxonomies)
    said = {"title": title, "fields": encoded, "words": text.lower()}
    await tx.run(_CHANGE, entry=entry.id, by=by, now=now, **said)
    await tx.run(_CREDIT, entry=entry.id, member=by, now=now)
    await reindex_entry(tx, sheet, entry.id, answers, now)
    await rewrite_post(tx, entry.topic_id, entry.post_id, text, now)
    await rename_entry_topic(tx, entry.topic_id, title)


async def withdraw_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Take one's entry off the board. Withdrawing twice changes nothing."""
    board, entry = await lock_entry(tx, actor, entry_id)
    ensure_can_withdraw_entry(actor, board, entry, clock.now())
    if entry.post_state == "published":
        await _move(tx, entry, "withdrawn", -1)
        await tx.record(PostWithdrawn(topic_id=entry.topic_id, post_id=entry.post_id))
        await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))


async def restore_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Bring one's withdrawn entry back as it was."""
    board, entry = await lock_entry(tx, actor, entry_id)
    ensure_can_withdraw_entry(actor, board, entry, clock.now())
    if entry.post_state == "withdrawn":
        await _move(tx, entry, "published", 1)
        await tx.record(PostRestored(topic_id=entry.topic_id, post_id=entry.post_id))
        await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))


async def confirm_entry(
    tx: Transaction,
    actor: Actor,
    entry_id: EntryId,
    kind: ConfirmationKind,
    note: str = "",
    screen: Screen = screen_nothing,
) -> None:
    """Say that one does this too, or can confirm it, as often as one likes, with the same outcome; a `note` that says
    more becomes a reply in the entry's topic, the first time it is said."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_confirm_entry(actor, board, entry, now)
    member, words = actor.signed_in(), tidy(note)
    whose = {"entry": entry_id, "member": member, "kind": kind}
    said = words and not await tx.value(_HAS_NOTE, **whose)
    post = await say(tx, entry.topic_id, member, words, now) if said else None
    if post is not None:
        await look_at(tx, actor, board, post, screen)
    if await tx.run(_CONFIRM, **whose, note=post, now=now):
        await recount_confirmations(tx, entry)


async def unconfirm_entry(tx: Transaction, actor: Actor, entry_id: EntryId, kind: ConfirmationKind) -> None:
    """Take that back."""
    board, entry = await lock_entry(tx, actor, entry_id)
    ensure_can_confirm_entry(actor, board, entry, clock.now())
    if await tx.run(_UNCONFIRM, entry=entry_id, member=actor.signed_in(), kind=kind):
        await recount_confirmations(tx, entry)


async def recount_confirmations(tx: Transaction, entry: EntryFacts) -> None:
    """Bring the count of confirmations to what there is, and tell the board."""
    await tx.run(_RECOUNT, entry=entry.id)
    await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))


async def follow_post(tx: Transaction, event: PostEdited | PostHidden | PostUnhidden) -> None:
    """Tell the board when the post that is an entry was hidden, or shown again. A reaction to what happens in its topic."""
    row = await tx.row(_OF_POST, post=event.post_id)
    if row is not None:
        await tx.record(EntryChanged(board_id=row["board_id"], entry_id=row["id"]))


async def _ensure_source(tx: Reader, actor: Actor, post_id: PostId) -> None:
    try:
        post = await show_post(tx, actor, post_id)
    except NotFound:
        raise SourceNotHere(field="source") from None
    if post.state != "published":
        raise SourceNotHere(field="source")


async def _link_back(tx: Transaction, actor: Actor, source: PostId, address: str, now: datetime) -> None:
    """Say under the post that an entry was made of it, where the actor may reply; never what the entry is called, as the
    board may be for fewer readers than the post."""
    post = await show_post(tx, actor, source)
    topic = await get_topic(tx, actor, TopicId(post.topic), lock=True)
    try:
        ensure_can_reply(actor, topic, now)
        if turn := await check_reply_in_room(tx, actor, topic.id):
            await turn(tx)
    except Refusal:
        return
    await say(tx, topic.id, actor.signed_in(), f"This became [an entry of a board]({address}).", now, source)


async def _started_from(tx: Reader, entry_id: EntryId, version: int) -> Fields | None:
    """What an entry said in an earlier version."""
    fields: Fields | None = await tx.value(_BEFORE, entry=entry_id, version=version)
    return fields


def _meant(given: Fields, before: Fields) -> Fields:
    """The fields that were meant to be changed: forms send the others as they were, too."""
    return {key: value for key, value in given.items() if value != before.get(key)}


def _collides(given: Fields, before: Fields, now: Fields) -> bool:
    """Whether somebody else has changed a field meanwhile that is to become something else."""
    return any(before.get(key) != now.get(key) and now.get(key) != value for key, value in given.items())


def _laid_over(sheet: EntryContext, stored: Fields, given: Fields) -> Fields:
    answers = {key: value for key, value in {**stored, **given}.items() if value is not None}
    for field in asked(sheet.form):
        if field.required and field.key not in answers:
            raise AnswerMissing(field=field.key)
    return answers


async def _move(tx: Transaction, entry: EntryFacts, state: str, change: int) -> None:
    await tx.run(_SET_STATE, post=entry.post_id, state=state)
    await tx.run(_COUNT_POSTS, topic=entry.topic_id, change=change)
