"""Entries: adding, changing, withdrawing and restoring them."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from boards.boards.boards import load_entry_context
from boards.boards.replies import insert_reply
from boards.curation.screening import read_text_before_edit, screen_post
from boards.entries.context import EntryContext
from boards.entries.entry_text import entry_title, render_entry
from boards.entries.field_values import AnswerMissing, validate_given_values, validate_values
from boards.entries.indexing import reindex_entry
from boards.entries.insertion import CheckedEntry, insert_entries
from boards.entries.references import resolve_references
from boards.events import EntryAdded, EntryChanged
from boards.forms import active_fields
from boards.lookup.entry_queries import show_entry
from boards.lookup.lookup import get_board, lock_entry
from boards.policy import (
    EntryFacts,
    ensure_can_change_entry,
    ensure_can_contribute,
    ensure_can_withdraw_entry,
)
from boards.shapes import EntryChange, Fields, NewEntry
from boards.tables import entries
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound, Refusal, Stale, every_refusal
from core.ids import BoardId, EntryId, PostId, TopicId
from core.languages.texts import gettext, translatable
from forum.events import PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from forum.policy import ensure_can_reply
from forum.posts.post_pages import show_post
from forum.posts.post_state import set_post_state
from forum.posts.post_text import rewrite_post
from forum.posts.screening import Screen, screen_nothing
from forum.topics.entry_topics import rename_entry_topic
from forum.topics.topics import get_topic
from gatherings.rooms.participation import check_reply_in_room
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_ENTRY_VALUES = statement(
    select(*entries.c[("title", "fields", "version", "changed_by", "changed_at")]).where(
        entries.c.id == bindparam("entry")
    )
)
SELECT_ENTRY_VERSION = statement(
    "SELECT fields FROM entry_versions WHERE entry_id = :entry AND version = :version"
)
INSERT_ENTRY_VERSION = statement("""
INSERT INTO entry_versions (entry_id, version, title, fields, written_by, written_at)
SELECT id, version, title, fields, changed_by, changed_at FROM entries WHERE id = :entry
""")
# A member who changes an entry has checked it, so the change counts as a verification.
UPDATE_ENTRY = statement("""
UPDATE entries SET title = :title, fields = CAST(:fields AS jsonb), words = :words, changed_by = :by, changed_at = :now,
    verified_at = :now, verified_by = :by, outdated_at = NULL, outdated_reason = '', reminded_at = NULL,
    version = version + 1 WHERE id = :entry
""")
INSERT_CONTRIBUTOR = statement("""
INSERT INTO entry_contributors (entry_id, member_id, since) VALUES (:entry, :member, :now)
ON CONFLICT (entry_id, member_id) DO UPDATE SET via = NULL
""")
SELECT_POST_OF_ENTRY = statement("SELECT post_id FROM entries WHERE id = :entry")
SELECT_ENTRY_OF_POST = statement("SELECT id, board_id FROM entries WHERE post_id = :post")


class SourceNotHere(Invalid):
    """The actor cannot read the post from which the entry would be made."""

    message = translatable("This entry cannot be made from that: you cannot read it, or it is gone.")


async def add_entry(
    tx: Transaction, actor: Actor, board_id: BoardId, new: NewEntry, screen: Screen = screen_nothing
) -> EntryId:
    """Add an entry, with a topic of its own, to a board; return its id.

    If it is made from a post, a reply to that post links to the entry, where the actor may reply. Raises NotCollecting,
    SourceNotHere, AnswerInvalid, AnswerMissing or NoSuchField.
    """
    board = await get_board(tx, actor, board_id)
    now = clock.now()
    ensure_can_contribute(actor, board, now)
    context = await load_entry_context(tx, board_id)
    with every_refusal() as each:
        resolved = new.fields
        with each.check():
            resolved = await resolve_references(tx, actor, context.form, new.fields)
        with each.check():
            values = validate_values(context.form, resolved, context.taxonomies)
        if new.source is not None:
            await _ensure_source(tx, actor, PostId(new.source))
    entry = CheckedEntry(values=values, author=actor.signed_in(), source=new.source)
    (entry_id,) = await insert_entries(tx, context, [entry], now)
    await tx.record(EntryAdded(board_id=board_id, entry_id=entry_id))
    await screen_post(tx, actor, board, await tx.value(SELECT_POST_OF_ENTRY, entry=entry_id), screen)
    if new.source is not None:
        url = f"{tx.site}/b/{board_id}/entries/{entry_id}"
        await _reply_to_source(tx, actor, PostId(new.source), url, now)
    return entry_id


async def change_entry(
    tx: Transaction,
    actor: Actor,
    entry_id: EntryId,
    change: EntryChange,
    version: int | None,
    screen: Screen = screen_nothing,
) -> None:
    """Change field values of an entry.

    With the `version` from which the client started, changes by others to other fields are kept; Stale, with the current
    entry, is raised if somebody else has changed one of the same fields to another value. Also raises the refusals of
    `ensure_can_change_entry` and of the validation.
    """
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_change_entry(actor, board, entry, now)
    context = await load_entry_context(tx, board.id)
    with every_refusal() as each:
        resolved = change.fields
        with each.check():
            resolved = await resolve_references(tx, actor, context.form, change.fields)
        given = validate_given_values(context.form, resolved, context.taxonomies)
    stored = await tx.row(SELECT_ENTRY_VALUES, entry=entry_id)
    assert stored is not None
    if version is not None and version != stored["version"]:
        base = await _find_version(tx, entry_id, version)
        given = _changed_values(given, base or {})
        if base is None or _conflicts(given, base, stored["fields"]):
            raise Stale(await show_entry(tx, actor, entry_id))
    values = _merge_values(context, stored["fields"], given)
    if values != stored["fields"]:
        before = await read_text_before_edit(tx, entry.post_id)
        await write_entry(tx, context, entry, values, actor.signed_in(), now)
        await screen_post(tx, actor, board, entry.post_id, screen, before)
        await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def write_entry(
    tx: Transaction, context: EntryContext, entry: EntryFacts, values: Fields, by: int, now: datetime
) -> None:
    """Store new values of an entry, render them into its post, and make `by` a contributor.

    Checks no permission and records no event of the board.
    """
    title, encoded = entry_title(context.form, values), msgspec.json.encode(values).decode()
    await tx.run(INSERT_ENTRY_VERSION, entry=entry.id)
    text = render_entry(context.form, values, context.taxonomies)
    content = {"title": title, "fields": encoded, "words": text.lower()}
    await tx.run(UPDATE_ENTRY, entry=entry.id, by=by, now=now, **content)
    await tx.run(INSERT_CONTRIBUTOR, entry=entry.id, member=by, now=now)
    await reindex_entry(tx, context, entry.id, values, now)
    await rewrite_post(tx, entry.topic_id, entry.post_id, text, now)
    await rename_entry_topic(tx, entry.topic_id, title)


async def withdraw_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Withdraw the actor's own entry; repeating the call changes nothing. Raises as `ensure_can_withdraw_entry`."""
    board, entry = await lock_entry(tx, actor, entry_id)
    ensure_can_withdraw_entry(actor, board, entry, clock.now())
    if entry.post_state == "published":
        await set_post_state(tx, entry.topic_id, entry.post_id, "withdrawn")
        await tx.record(PostWithdrawn(topic_id=entry.topic_id, post_id=entry.post_id))
        await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))


async def restore_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Restore the actor's own withdrawn entry. Raises as `ensure_can_withdraw_entry`."""
    board, entry = await lock_entry(tx, actor, entry_id)
    ensure_can_withdraw_entry(actor, board, entry, clock.now())
    if entry.post_state == "withdrawn":
        await set_post_state(tx, entry.topic_id, entry.post_id, "published")
        await tx.record(PostRestored(topic_id=entry.topic_id, post_id=entry.post_id))
        await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))


async def on_post_hidden_or_unhidden(tx: Transaction, event: PostHidden | PostUnhidden) -> None:
    """Record EntryChanged when a moderator hides or unhides the post of an entry."""
    row = await tx.row(SELECT_ENTRY_OF_POST, post=event.post_id)
    if row is not None:
        await tx.record(EntryChanged(board_id=row["board_id"], entry_id=row["id"]))


async def _ensure_source(tx: Reader, actor: Actor, post_id: PostId) -> None:
    try:
        post = await show_post(tx, actor, post_id)
    except NotFound:
        raise SourceNotHere(field="source") from None
    if post.state != "published":
        raise SourceNotHere(field="source")


async def _reply_to_source(tx: Transaction, actor: Actor, source: PostId, url: str, now: datetime) -> None:
    """Reply to the source post with a link to the entry, if the actor may reply there.

    The reply does not name the entry, because the board may have fewer readers than the post.
    """
    post = await show_post(tx, actor, source)
    topic = await get_topic(tx, actor, TopicId(post.topic), lock=True)
    try:
        ensure_can_reply(actor, topic, now)
        if use_turn := await check_reply_in_room(tx, actor, topic.id):
            await use_turn(tx)
    except Refusal:
        return
    # NOTE: text of a post, in Markdown.
    text = gettext("This became [an entry of a stock-take](%(address)s).", address=url)
    await insert_reply(tx, topic.id, actor.signed_in(), text, now, source)


async def _find_version(tx: Reader, entry_id: EntryId, version: int) -> Fields | None:
    fields: Fields | None = await tx.value(SELECT_ENTRY_VERSION, entry=entry_id, version=version)
    return fields


def _changed_values(given: Fields, base: Fields) -> Fields:
    """Return the values that differ from the base version, because HTML forms also send unchanged fields."""
    return {key: value for key, value in given.items() if value != base.get(key)}


def _conflicts(given: Fields, base: Fields, stored: Fields) -> bool:
    """Return whether somebody else has changed one of the given fields to another value since the base version."""
    return any(base.get(key) != stored.get(key) and stored.get(key) != value for key, value in given.items())


def _merge_values(context: EntryContext, stored: Fields, given: Fields) -> Fields:
    values = {key: value for key, value in {**stored, **given}.items() if value is not None}
    for field in active_fields(context.form):
        if field.required and field.key not in values:
            raise AnswerMissing(field=field.key)
    return values
