"""Editing of posts, with their history of revisions, and sharing posts for editing by others.

An edit by the author in the first five minutes, before others engage with the post, is a silent revision that the public
history leaves out (forum/writing/engagement.py). Two simultaneous edits are merged unless they change the same lines.
"""

from datetime import datetime

from asyncpg import Record
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import bindparam, insert, update

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import PostId
from core.languages.texts import gettext
from forum import events
from forum.drafts.drafts import end_draft
from forum.files.attachments import ensure_within_rights, update_attached_files
from forum.notifications.notifications import notify
from forum.policy import (
    ImportedText,
    PostFacts,
    TopicFacts,
    ensure_can_edit,
    ensure_can_share,
)
from forum.posts.held_posts import close_published_edit, hold_edit, withdraw_held_edit
from forum.posts.post_pages import show_post
from forum.posts.screening import Screen, ScreeningVerdict, TextBeforeEdit, TextToScreen, screen_nothing
from forum.posts.shapes_held import HeldPost
from forum.posts.text_language import LanguageOfText, find_language
from forum.shapes import HeldEdit, Post, PostChange
from forum.tables import posts, revisions
from forum.text.diff import merge_changes
from forum.text.quotes import extract_quotes
from forum.text.rendering import render_post
from forum.topics.status import enforce_slow_mode, is_in_slow_mode
from forum.writing.engagement import is_in_silent_period
from forum.writing.languages import announce_language_of_topic, language_after_edit, store_language
from forum.writing.post_access import RoomChangeRule, event_time_of, get_post
from members.profiles.trust import LevelPermissions
from storage.database import Transaction
from storage.statements import statement

EDITED = "edited"

_INSERT_REVISION = statement(
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
_EDIT_POST_TEXT = statement(
    update(posts)
    .where(posts.c.id == bindparam("post"))
    .values(
        body=bindparam("new_body"),
        html=bindparam("new_html"),
        edited_at=bindparam("at"),
        edited_by=bindparam("by"),
        version=posts.c.version + 1,
        language=bindparam("new_language"),
        language_by=bindparam("new_language_by"),
    )
)
# Skips the version number of a revision that only its author and the moderators can read.
_INCREMENT_VERSION = statement("UPDATE posts SET version = version + 1 WHERE id = :post")
_UPDATE_IS_SHARED = statement(
    "UPDATE posts SET is_shared = :shared WHERE id = :post AND is_shared <> :shared"
)
# The text at a version. Hiding and restoring also increase the version without changing the text; the next revision counts.
_SELECT_TEXT_AT_VERSION = statement(
    "SELECT body FROM revisions WHERE post_id = :post AND version >= :version ORDER BY version LIMIT 1"
)
_SELECT_PUBLIC_REVISION = statement(
    "SELECT body FROM revisions WHERE post_id = :post AND version = :version AND NOT is_silent AND NOT was_held"
)


class EditRules(Struct, frozen=True):
    """Additional rules for an edit: the room's rule, the permissions of the actor's trust level, and screening."""

    in_room: RoomChangeRule | None = None
    rights: LevelPermissions = LevelPermissions()
    # True for a text that is also shown outside the forum, where quotes are unknown: it stays as typed.
    is_plain: bool = False
    screen: Screen = screen_nothing


DEFAULT_EDIT_RULES = EditRules()


async def edit_post(
    tx: Transaction,
    actor: Actor,
    post_id: PostId,
    change: PostChange,
    version: int | None,
    rules: EditRules = DEFAULT_EDIT_RULES,
) -> Post:
    """Replace the text of a post and return the post; the old text stays in its history.

    If `version` is not the current one, the edit is merged with the changes since; raise Stale if both change the same
    lines. Also raise NotFound, ImportedText, TopicSlow or the refusals of `ensure_can_edit`.
    """
    topic, post, row = await get_post(tx, actor, post_id)
    now = clock.now()
    ensure_can_edit(actor, topic, post, now, rules.rights)
    is_plain = rules.is_plain
    if topic.kind == "room" and rules.in_room is not None:
        is_plain = await rules.in_room(tx, actor, topic.id, post_id, change.body)
    if row["markup"] == "mail":
        raise ImportedText
    body = change.body if is_plain else await extract_quotes(tx, actor, change.body)
    if version is not None and version != row["version"] and body != row["body"]:
        body = await _merge(tx, actor, row, version, body)
    await end_draft(tx, actor.signed_in(), change.draft)
    if body == row["body"]:
        # A retry ends here. So edits need no Idempotency-Key, which would store who edits an anonymous post.
        if change.language is not None:
            await store_language(tx, topic, row, await find_language(row["html"], change.language))
        return await show_post(tx, actor, post_id)

    if is_in_slow_mode(actor, topic, now):
        await enforce_slow_mode(tx, actor.signed_in(), topic, now)
    text = (body, (await render_post(tx, body, topic=topic.id, site=tx.site)).html)
    ensure_within_rights(rules.rights, text[1], tx.site)
    verdict = await rules.screen(actor, _text_to_screen(topic, row, text), tx)
    if verdict is not None and await _hold_or_report(tx, actor, row, (*text, change.language), verdict):
        return replace(await show_post(tx, actor, post_id), held_edit=HeldEdit(why=gettext(verdict.why)))
    await _store_edit(tx, actor, (topic, post, row), text, change.language, now)
    return await show_post(tx, actor, post_id)


async def publish_edit(tx: Transaction, actor: Actor, held: HeldPost, text: str | None = None) -> None:
    """Publish a held edit, or a moderator's `text` in its place; the caller checks permissions.

    In the second case the author's own text becomes a revision that only the author and the moderators can read.
    """
    post_id = PostId(held.id)
    topic, _, row = await get_post(tx, actor, post_id)
    written_by, by = row["edited_by"] or row["author_id"], held.author.id if held.author else None
    origin, now = {"written_by": written_by, "is_silent": False, "was_held": False}, clock.now()
    await tx.run(_INSERT_REVISION, post_id=post_id, **_text_of(row), **origin)
    own = {
        "new_body": held.body,
        "new_html": (await render_post(tx, held.body, topic=topic.id, site=tx.site)).html,
    }
    published = own
    if text is not None and text != held.body:
        published = {
            "new_body": text,
            "new_html": (await render_post(tx, text, topic=topic.id, site=tx.site)).html,
        }
        held_text = {"version": row["version"] + 1, "body": own["new_body"], "html": own["new_html"]}
        await tx.run(
            _INSERT_REVISION,
            post_id=post_id,
            written_at=held.held_at,
            **held_text,
            **origin | {"was_held": True},
        )
        await tx.run(_INCREMENT_VERSION, post=post_id)
    language = await language_after_edit(row, published["new_html"], held.language)
    await tx.run(_EDIT_POST_TEXT, post=post_id, at=now, by=by, **published, **_columns_of(language))
    await update_attached_files(tx, by, post_id, row["html"], published["new_html"])
    await close_published_edit(tx, post_id)
    await tx.record(events.PostEdited(topic_id=topic.id, post_id=post_id))
    await announce_language_of_topic(tx, topic, row, language)


async def restore_revision(
    tx: Transaction, actor: Actor, post_id: PostId, version: int, rules: EditRules = DEFAULT_EDIT_RULES
) -> Post:
    """Restore the text of an older version as a new edit; raise NotFound or the refusals of `edit_post`."""
    topic, post, _ = await get_post(tx, actor, post_id)
    ensure_can_edit(actor, topic, post, clock.now(), rules.rights)
    old = await tx.value(_SELECT_PUBLIC_REVISION, post=post_id, version=version)
    if old is None:
        raise NotFound
    return await edit_post(tx, actor, post_id, PostChange(body=old), None, rules)


async def share_post(tx: Transaction, actor: Actor, post_id: PostId, wanted: bool) -> Post:
    """Open a post for editing by others, or restrict it to its author again; repeating it changes nothing.

    Raise NotFound or the refusals of `ensure_can_share`.
    """
    topic, post, _ = await get_post(tx, actor, post_id)
    ensure_can_share(actor, topic, post, clock.now())
    if await tx.run(_UPDATE_IS_SHARED, post=post_id, shared=wanted):
        await tx.record(events.PostShared(topic_id=topic.id, post_id=post_id))
    return await show_post(tx, actor, post_id)


def _text_to_screen(topic: TopicFacts, row: Record, text: tuple[str, str]) -> TextToScreen:
    post_id, (body, html) = PostId(row["id"]), text
    before = TextBeforeEdit(post_id=post_id, body=row["body"], html=row["html"], posted_at=row["written_at"])
    return TextToScreen(
        kind="edit",
        sector_id=topic.sector_id,
        topic_id=topic.id,
        body=body,
        html=html,
        is_unnamed=row["author_id"] is None,
        before=before,
    )


async def _hold_or_report(
    tx: Transaction,
    actor: Actor,
    row: Record,
    text: tuple[str, str, str | None],
    verdict: ScreeningVerdict,
) -> bool:
    # A held edit stores its author, so the edit of an anonymous post is never held: it is published and reported.
    holds = verdict.holds and row["author_id"] is not None
    await (verdict.keep if holds else verdict.report)(tx, row["id"])
    if holds:
        body, html, language = text
        await hold_edit(tx, actor, row["id"], (body, html), language, verdict.why)
    return holds


async def _merge(tx: Transaction, actor: Actor, row: Record, version: int, mine: str) -> str:
    base = await tx.value(_SELECT_TEXT_AT_VERSION, post=row["id"], version=version)
    if base is None:
        return mine  # the text has not changed since
    merged = merge_changes(base, row["body"], mine)
    if merged is None:
        raise Stale(await show_post(tx, actor, PostId(row["id"])))
    return merged


async def _store_edit(
    tx: Transaction,
    actor: Actor,
    found: tuple[TopicFacts, PostFacts, Record],
    text: tuple[str, str],
    chosen: str | None,
    now: datetime,
) -> None:
    (topic, post, row), (body, html) = found, text
    post_id, is_silent = PostId(row["id"]), await _is_silent(tx, topic, post, row, now)
    await withdraw_held_edit(tx, actor, post_id)
    origin = {"written_by": row["edited_by"] or row["author_id"], "is_silent": is_silent, "was_held": False}
    await tx.run(_INSERT_REVISION, post_id=post_id, **_text_of(row), **origin)
    at = row["edited_at"] if is_silent else event_time_of(row)
    by = None if row["author_id"] is None else actor.id
    language = await language_after_edit(row, html, chosen)
    new = {"new_body": body, "new_html": html, **_columns_of(language)}
    await tx.run(_EDIT_POST_TEXT, post=post_id, at=at, by=by, **new)
    await update_attached_files(tx, actor.id, post_id, row["html"], html)
    if post.author_id is not None and not post.is_own:
        reason = {"code": "edited", "by": actor.id, "name": actor.display_name}
        await notify(tx, EDITED, topic.id, post_id, {post.author_id: reason})
    await tx.record(events.PostEdited(topic_id=topic.id, post_id=post_id), event_time_of(row))
    await announce_language_of_topic(tx, topic, row, language)


async def _is_silent(tx: Transaction, topic: TopicFacts, post: PostFacts, row: Record, now: datetime) -> bool:
    # Edits in rooms and of shared posts are always shown in the history.
    if topic.kind == "room" or post.is_shared or not post.is_own:
        return False
    return await is_in_silent_period(tx, topic.id, PostId(row["id"]), post, row["posted_at"], now)


def _columns_of(language: LanguageOfText) -> dict[str, str | None]:
    return {"new_language": language.tag, "new_language_by": language.by}


def _text_of(row: Record) -> dict[str, object]:
    return {name: row[name] for name in ("version", "body", "html", "written_at")}
