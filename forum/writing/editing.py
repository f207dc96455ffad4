"""Editing: giving a post another text, with a history; going back to what it said; posts that several edit.

What its author puts right in the first minutes, before anybody has answered or reacted, is no version that the history
shows. Two who change a post at once change it both, as long as they did not change the same lines.
"""

from datetime import datetime, timedelta

from asyncpg import Record
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Boolean, bindparam, insert, or_, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import PostId
from forum import events
from forum.authors import author_of
from forum.drafts.drafts import end_draft
from forum.files.attachments import ensure_within_rights, update_attached_files
from forum.notifications.notifications import notify
from forum.policy import (
    ImportedText,
    PostFacts,
    TopicFacts,
    ensure_can_edit,
    ensure_can_read_history,
    ensure_can_share,
)
from forum.posts.held_posts import close_published_edit, hold_edit, withdraw_held_edit
from forum.posts.post_pages import show_post
from forum.posts.screening import Screen, TextBeforeEdit, TextToScreen, screen_nothing
from forum.posts.shapes_held import HeldPost
from forum.shapes import HeldEdit, Post, PostChange, Revision, RevisionList
from forum.tables import posts, revisions
from forum.text.diff import merge_changes
from forum.text.markdown import render
from forum.text.quote_display import embed_quotes_in_html
from forum.text.quotes import expand_quotes, extract_quotes
from forum.topics.status import enforce_slow_mode, is_in_slow_mode
from forum.writing.post_access import RoomChangeRule, event_time_of, get_post
from members.profiles.trust import LevelPermissions
from members.tables import public_authors
from storage.database import Reader, Transaction
from storage.statements import statement

GRACE = timedelta(seconds=300)

EDITED = "edited"

_KEEP = statement(
    insert(revisions).values(
        {
            name: bindparam(name)
            for name in (
                "post_id",
                "version",
                "body",
                "html",
                "written_at",
                "written_by",
                "is_silent",
                "was_held",
            )
        }
    )
)
_EDIT = statement(
    update(posts)
    .where(posts.c.id == bindparam("post"))
    .values(
        body=bindparam("new_body"),
        html=bindparam("new_html"),
        edited_at=bindparam("at"),
        edited_by=bindparam("by"),
        version=posts.c.version + 1,
    )
)
# A version that nobody but its author and the moderators can read.
_SKIP = statement("UPDATE posts SET version = version + 1 WHERE id = :post")
_SHARE = statement("UPDATE posts SET is_shared = :shared WHERE id = :post AND is_shared <> :shared")
# What it said at a version: hiding and restoring count too, and change no text.
_BASE = statement(
    "SELECT body FROM revisions WHERE post_id = :post AND version >= :version ORDER BY version LIMIT 1"
)
_OLD = statement(
    "SELECT body FROM revisions WHERE post_id = :post AND version = :version AND NOT is_silent AND NOT was_held"
)
_SHOWN = (
    public_authors.c.id,
    public_authors.c.handle,
    public_authors.c.display_name,
    public_authors.c.group.label("author_group"),
)
_REVISIONS = statement(
    select(
        revisions.c.version,
        revisions.c.written_at,
        revisions.c.body,
        revisions.c.html,
        revisions.c.is_silent,
        *_SHOWN,
    )
    .outerjoin(public_authors, public_authors.c.id == revisions.c.written_by)
    .where(
        revisions.c.post_id == bindparam("post"),
        or_(bindparam("is_close", type_=Boolean), ~revisions.c.was_held),
        or_(bindparam("moderates", type_=Boolean), ~revisions.c.is_silent),
    )
    .order_by(revisions.c.version.desc())
)
_WRITER = statement(select(*_SHOWN).where(public_authors.c.id == bindparam("member")))


class EditRules(Struct, frozen=True):
    """What else a change has to comply with: the room's rule, where it is one's, and how far the actor is trusted."""

    in_room: RoomChangeRule | None = None
    rights: LevelPermissions = LevelPermissions()
    # A text that is also shown by others than the forum, who know nothing of quotations: it stays as it is typed.
    is_plain: bool = False
    screen: Screen = screen_nothing


DEFAULT_EDIT_RULES = EditRules()


async def edit_post(
    tx: Transaction,
    actor: Actor,
    post_id: PostId,
    change: PostChange,
    version: int | None,
    bounds: EditRules = DEFAULT_EDIT_RULES,
) -> Post:
    """Give a post another text; the old one stays in its history. Who looked at an older `version` changes the current one
    as well, unless others have changed the same lines."""
    topic, post, row = await get_post(tx, actor, post_id)
    now = clock.now()
    ensure_can_edit(actor, topic, post, now, bounds.rights)
    is_plain = bounds.is_plain
    if topic.kind == "room" and bounds.in_room is not None:
        is_plain = await bounds.in_room(tx, actor, topic.id, post_id, change.body)
    if row["markup"] == "mail":
        raise ImportedText
    ensure_within_rights(bounds.rights, change.body)
    body = change.body if is_plain else await extract_quotes(tx, actor, change.body)
    if version is not None and version != row["version"] and body != row["body"]:
        body = await _merged(tx, actor, row, version, body)
    await end_draft(tx, actor.signed_in(), change.draft)
    if body == row["body"]:
        # Also what a retry finds: so editing needs no Idempotency-Key, which would tell who edits an anonymous post.
        return await show_post(tx, actor, post_id)

    if is_in_slow_mode(actor, topic, now):
        await enforce_slow_mode(tx, actor.signed_in(), topic, now)
    text = (body, render(body, topic=topic.id, site=tx.site).html)
    verdict = await bounds.screen(actor, _written(topic, row, text), tx)
    if verdict is not None:
        holds = verdict.holds and row["author_id"] is not None
        await (verdict.keep if holds else verdict.report)(tx, post_id)
        # Whose a change without a name is would be written down with it: that is published, and looked at afterwards.
        if holds:
            await hold_edit(tx, actor, post_id, text, verdict.why)
            return replace(await show_post(tx, actor, post_id), held_edit=HeldEdit(why=verdict.why))
    await _write(tx, actor, (topic, post, row), text, now)
    return await show_post(tx, actor, post_id)


async def publish_edit(tx: Transaction, actor: Actor, held: HeldPost, text: str | None = None) -> None:
    """Let a post say what a held change of it says, or a moderator's `text` instead: then the author's own stays in the
    history for the author and the moderators. No rule is asked."""
    post_id = PostId(held.id)
    topic, _, row = await get_post(tx, actor, post_id)
    wrote, by = row["edited_by"] or row["author_id"], held.author.id if held.author else None
    kept, now = {"written_by": wrote, "is_silent": False, "was_held": False}, clock.now()
    await tx.run(_KEEP, post_id=post_id, **_text(row), **kept)
    own = {"new_body": held.body, "new_html": render(held.body, topic=topic.id, site=tx.site).html}
    said = own
    if text is not None and text != held.body:
        said = {"new_body": text, "new_html": render(text, topic=topic.id, site=tx.site).html}
        waited = {"version": row["version"] + 1, "body": own["new_body"], "html": own["new_html"]}
        await tx.run(_KEEP, post_id=post_id, written_at=held.held_at, **waited, **kept | {"was_held": True})
        await tx.run(_SKIP, post=post_id)
    await tx.run(_EDIT, post=post_id, at=now, by=by, **said)
    await update_attached_files(tx, by, post_id, row["html"], said["new_html"])
    await close_published_edit(tx, post_id)
    await tx.record(events.PostEdited(topic_id=topic.id, post_id=post_id))


async def restore_revision(
    tx: Transaction, actor: Actor, post_id: PostId, version: int, bounds: EditRules = DEFAULT_EDIT_RULES
) -> Post:
    """Let a post say again what it said at an older version; a change like any other."""
    topic, post, _ = await get_post(tx, actor, post_id)
    ensure_can_edit(actor, topic, post, clock.now(), bounds.rights)
    old = await tx.value(_OLD, post=post_id, version=version)
    if old is None:
        raise NotFound
    return await edit_post(tx, actor, post_id, PostChange(body=old), None, bounds)


async def share_post(tx: Transaction, actor: Actor, post_id: PostId, wanted: bool) -> Post:
    """Let others edit a post, or its author alone again; as often as one likes."""
    topic, post, _ = await get_post(tx, actor, post_id)
    ensure_can_share(actor, topic, post, clock.now())
    if await tx.run(_SHARE, post=post_id, shared=wanted):
        await tx.record(events.PostShared(topic_id=topic.id, post_id=post_id))
    return await show_post(tx, actor, post_id)


async def read_revisions(tx: Reader, actor: Actor, post_id: PostId) -> RevisionList:
    """All that a post has said, newest first; moderators see also what was put right at once."""
    topic, post, row = await get_post(tx, actor, post_id, lock=False)
    ensure_can_read_history(actor, topic, post)
    moderates = actor.moderates_in(topic.sector_id)
    wrote = await tx.row(_WRITER, member=row["edited_by"] or row["author_id"])
    by = None if wrote is None else author_of(*wrote)
    current = Revision(row["version"], row["written_at"], row["body"], row["html"], by)
    rows = await tx.rows(_REVISIONS, post=post_id, is_close=post.is_own or moderates, moderates=moderates)
    found = [current, *(_revision_of(old) for old in rows)]
    filled = await embed_quotes_in_html(tx, [(topic.id, old.html) for old in found])
    if filled:
        found = [
            replace(old, html=html, body=await expand_quotes(tx, actor, old.body))
            for old, html in zip(found, filled, strict=True)
        ]
    return RevisionList(found)


def _written(topic: TopicFacts, row: Record, text: tuple[str, str]) -> TextToScreen:
    post_id, (body, html) = PostId(row["id"]), text
    was = TextBeforeEdit(post_id=post_id, body=row["body"], html=row["html"], posted_at=row["written_at"])
    return TextToScreen(
        kind="edit",
        sector_id=topic.sector_id,
        topic_id=topic.id,
        body=body,
        html=html,
        is_unnamed=row["author_id"] is None,
        before=was,
    )


async def _merged(tx: Transaction, actor: Actor, row: Record, version: int, mine: str) -> str:
    base = await tx.value(_BASE, post=row["id"], version=version)
    if base is None:
        return mine  # nobody has changed the text since
    merged = merge_changes(base, row["body"], mine)
    if merged is None:
        raise Stale(await show_post(tx, actor, PostId(row["id"])))
    return merged


async def _write(
    tx: Transaction,
    actor: Actor,
    found: tuple[TopicFacts, PostFacts, Record],
    text: tuple[str, str],
    now: datetime,
) -> None:
    (topic, post, row), (body, html) = found, text
    post_id, is_silent = PostId(row["id"]), _is_silent(actor, topic, post, row, now)
    await withdraw_held_edit(tx, actor, post_id)
    wrote = row["edited_by"] or row["author_id"]
    await tx.run(_KEEP, post_id=post_id, **_text(row), written_by=wrote, is_silent=is_silent, was_held=False)
    at = row["edited_at"] if is_silent else event_time_of(row)
    by = None if row["author_id"] is None else actor.id
    await tx.run(_EDIT, post=post_id, new_body=body, new_html=html, at=at, by=by)
    await update_attached_files(tx, actor.id, post_id, row["html"], html)
    if post.author_id is not None and not post.is_own:
        reason = {"code": "edited", "name": actor.display_name}
        await notify(tx, EDITED, topic.id, post_id, {post.author_id: reason})
    await tx.record(events.PostEdited(topic_id=topic.id, post_id=post_id), event_time_of(row))


def _is_silent(actor: Actor, topic: TopicFacts, post: PostFacts, row: Record, now: datetime) -> bool:
    # What happens in a room, or to what several edit, is told as it was.
    if topic.kind == "room" or post.is_shared or not post.is_own or row["children"] or row["reactions"]:
        return False
    return bool(now - row["written_at"] <= GRACE)


def _text(row: Record) -> dict[str, object]:
    return {name: row[name] for name in ("version", "body", "html", "written_at")}


def _revision_of(row: Record) -> Revision:
    *text, is_silent, id, handle, name, group = row
    return Revision(
        version=text[0],
        written_at=text[1],
        body=text[2],
        html=text[3],
        by=author_of(id, handle, name, group),
        is_silent=is_silent,
    )
