"""Drafts of posts, saved while a member writes; two windows that write the same draft never overwrite each other.

A draft counts its changes. A window that saves names the last change it has seen; if another window has changed the draft
since, the text is saved as a fork under a new key. A draft that was posted or deleted keeps its number, so that a window
left open elsewhere does not bring it back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import MemberId
from core.languages.names import local, shared_name
from core.languages.texts import gettext, translatable
from core.threads import in_thread
from forum.shapes_drafts import Draft, DraftChange, DraftList, DraftRow
from forum.tables import posts, sectors, topics
from forum.text.excerpts import excerpt_of_markdown
from forum.text.quote_source import MARKER, strip_quote_markers
from forum.text.quotes import expand_quotes, extract_quotes
from forum.visibility import posts_not_held, seen_by, visible_topics
from storage.database import Reader, Transaction
from storage.statements import Statement, statement

DRAFTS_KEPT_FOR = timedelta(days=180)
MAX_DRAFTS = 200
_EXCERPT_LENGTH = 160

# Saves of one member run one after another, so that two windows cannot overwrite each other or exceed the limit.
LOCK_DRAFTS_OF_MEMBER = statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('drafts of ' || CAST(:member AS text), 0))"
)
SELECT_DRAFT = statement("""
SELECT key, body, title, tags, kind, language, sequence, owner, saved_at, ended_at FROM drafts
WHERE member_id = :member AND key = :key
""")
SELECT_OPEN_DRAFTS = statement("""
SELECT key, body, title, saved_at FROM drafts WHERE member_id = :member AND ended_at IS NULL
ORDER BY saved_at DESC, key
""")
COUNT_OPEN_DRAFTS = statement("SELECT count(*) FROM drafts WHERE member_id = :member AND ended_at IS NULL")
SELECT_NEXT_FORK_NUMBER = statement("""
SELECT coalesce(max(CAST(split_part(key, '~', 2) AS integer)), 1) + 1 FROM drafts
WHERE member_id = :member AND key LIKE :first || '~%'
""")
UPSERT_DRAFT = statement("""
INSERT INTO drafts AS d (member_id, key, body, title, tags, kind, language, owner, saved_at)
VALUES (:member, :key, :body, :title, :tags, :kind, :language, :owner, :now)
ON CONFLICT (member_id, key) DO UPDATE SET body = :body, title = :title, tags = :tags, kind = :kind,
    language = :language, owner = :owner, saved_at = :now, ended_at = NULL, sequence = d.sequence + 1
RETURNING sequence
""")
# A draft that was never saved gets an ended row too, so that a late first save from another window is refused.
END_DRAFT = statement("""
INSERT INTO drafts AS d (member_id, key, body, saved_at, ended_at) VALUES (:member, :key, '', :now, :now)
ON CONFLICT (member_id, key) DO UPDATE
SET body = '', title = '', tags = '', language = '', ended_at = :now, saved_at = :now, sequence = d.sequence + 1
""")
DELETE_EXPIRED_DRAFTS = statement("DELETE FROM drafts WHERE saved_at < :before")
SELECT_TITLES_OF_TOPICS = statement(
    select(topics.c.id, topics.c.title, topics.c.titles).where(
        topics.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), visible_topics()
    )
)
SELECT_TITLES_OF_POSTS = statement(
    select(posts.c.id, posts.c.number, topics.c.title, topics.c.titles)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        posts.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), posts_not_held(), visible_topics()
    )
)
SELECT_SECTOR_NAMES = statement(select(sectors.c.slug, sectors.c.name))


class DraftEnded(Conflict):
    """The draft was posted or deleted in another window after this window read it."""

    message = translatable("This was posted or thrown away from another window.")


class TooManyDrafts(Invalid):
    """The member already has `MAX_DRAFTS` drafts."""

    message = translatable("You have 200 drafts. Delete some of them first.")


async def read_draft(tx: Reader, actor: Actor, key: str) -> Draft:
    """Return the member's draft with this key, or an empty draft with sequence 0 if there is none; raise SignInFirst."""
    member = actor.signed_in()
    row = await tx.row(SELECT_DRAFT, member=member, key=key)
    if row is None:
        return Draft(key=key, sequence=0, body="")
    return await _to_draft(tx, actor, row)


async def save_draft(tx: Transaction, actor: Actor, key: str, change: DraftChange) -> Draft:
    """Save the text of a window and return the draft; raise SignInFirst, DraftEnded or TooManyDrafts.

    If another window has changed the draft since, the text is saved as a fork, and the returned draft has the fork's key.
    """
    member = actor.signed_in()
    await tx.run(LOCK_DRAFTS_OF_MEMBER, member=str(member))
    body = await extract_quotes(tx, actor, change.body, None)
    row = await tx.row(SELECT_DRAFT, member=member, key=key)
    sequence = row["sequence"] if row else 0
    if row is not None and change.sequence < sequence:
        # This also refuses a save that the same window sent before it posted and that arrives after.
        if row["ended_at"] is not None:
            raise DraftEnded
        if change.owner != row["owner"] and not _is_same(row, body, change):
            first_key = key.partition("~")[0]
            key = f"{first_key}~{await tx.value(SELECT_NEXT_FORK_NUMBER, member=member, first=first_key)}"
            row = None
    if row is None and await tx.value(COUNT_OPEN_DRAFTS, member=member) >= MAX_DRAFTS:
        raise TooManyDrafts
    await tx.run(
        UPSERT_DRAFT,
        member=member,
        key=key,
        body=body,
        title=change.title,
        tags=change.tags,
        kind=change.kind,
        language=change.language,
        owner=change.owner,
        now=clock.now(),
    )
    return await read_draft(tx, actor, key)


async def delete_draft(tx: Transaction, actor: Actor, key: str) -> None:
    """Delete a draft; deleting it again has no effect. Raises SignInFirst."""
    await end_draft(tx, actor.signed_in(), key)


async def end_draft(tx: Transaction, member: MemberId, key: str | None) -> None:
    """Mark a draft as ended, in the transaction that publishes it or deletes it; None means there was no draft."""
    if key is not None:
        await tx.run(END_DRAFT, member=member, key=key, now=clock.now())


async def read_drafts(tx: Reader, actor: Actor) -> DraftList:
    """Return the member's drafts, the latest first, each with a description of what it is for; raise SignInFirst.

    The description names no topic that the member can no longer read.
    """
    rows = await tx.rows(SELECT_OPEN_DRAFTS, member=actor.signed_in())
    targets = await _describe_targets(tx, actor, [row["key"] for row in rows])
    shown = [row for row in rows if row["body"] or row["title"]]
    excerpts = await in_thread(_excerpts_of, [row["body"] for row in shown])
    return DraftList(
        [
            _to_list_item(row, begins, *targets[row["key"]])
            for row, begins in zip(shown, excerpts, strict=True)
        ]
    )


async def delete_expired_drafts(tx: Transaction, now: datetime) -> int:
    """Delete drafts that were not changed for 180 days, and return their number; a scheduled job."""
    return await tx.run(DELETE_EXPIRED_DRAFTS, before=now - DRAFTS_KEPT_FOR)


async def _to_draft(tx: Reader, actor: Actor, row: Record) -> Draft:
    return Draft(
        key=row["key"],
        sequence=row["sequence"],
        body=await expand_quotes(tx, actor, row["body"]),
        title=row["title"],
        tags=row["tags"],
        kind=row["kind"],
        language=row["language"],
        saved_at=row["saved_at"],
    )


def _is_same(row: Record, body: str, change: DraftChange) -> bool:
    before = (row["body"].strip(), row["title"], row["tags"], row["kind"], row["language"])
    return bool(before == (body.strip(), change.title, change.tags, change.kind, change.language))


def _excerpts_of(bodies: Sequence[str]) -> list[str]:
    # A draft of only a quotation has no words of its own.
    return [
        excerpt_of_markdown(strip_quote_markers(body), _EXCERPT_LENGTH)
        or (gettext("A quotation") if MARKER.search(body) else "")
        for body in bodies
    ]


def _to_list_item(row: Record, begins: str, what: str, address: str | None) -> DraftRow:
    return DraftRow(
        key=row["key"],
        what=what,
        title=row["title"],
        begins=begins,
        saved_at=row["saved_at"],
        address=address,
        is_fork="~" in row["key"],
    )


async def _describe_targets(
    tx: Reader, actor: Actor, keys: Sequence[str]
) -> Mapping[str, tuple[str, str | None]]:
    # By key: what the draft is for, in words, and the URL path of the editor (None if the member cannot read the target).
    parts = {key: key.partition("~")[0].partition(":") for key in keys}
    topic_ids = [int(id) for kind, _, id in parts.values() if kind == "topic"]
    titles = await _read_by_id(tx, actor, SELECT_TITLES_OF_TOPICS, topic_ids)
    post_ids = [int(id) for kind, _, id in parts.values() if kind in ("reply", "edit")]
    posts_by_id = await _read_by_id(tx, actor, SELECT_TITLES_OF_POSTS, post_ids)
    sector_names = {row["slug"]: row["name"] for row in await tx.rows(SELECT_SECTOR_NAMES)} if keys else {}
    targets: dict[str, tuple[str, str | None]] = {}
    for key, (kind, _, id) in parts.items():
        if kind == "new":
            url = f"/s/{id}/new" if id in sector_names else None
            targets[key] = (
                gettext("A topic in %(sector)s", sector=shared_name(sector_names.get(id, id))),
                url,
            )
        elif kind == "topic":
            topic = titles.get(int(id))
            targets[key] = (
                (
                    gettext("A reply in “%(title)s”", title=local(topic["title"], topic["titles"])),
                    f"/t/{id}/draft/reply",
                )
                if topic
                else (gettext(_UNREADABLE), None)
            )
        else:
            post = posts_by_id.get(int(id))
            targets[key] = (
                (_describe_post(kind, post), f"/p/{id}/{kind}") if post else (gettext(_UNREADABLE), None)
            )
    return targets


_UNREADABLE = translatable("For something that you can no longer read")


def _describe_post(kind: str, post: Record) -> str:
    facts = {"number": post["number"], "title": local(post["title"], post["titles"])}
    if kind == "reply":
        return gettext("A reply to #%(number)s in “%(title)s”", **facts)
    return gettext("An edit of #%(number)s in “%(title)s”", **facts)


async def _read_by_id(tx: Reader, actor: Actor, query: Statement, ids: list[int]) -> Mapping[int, Record]:
    return {row["id"]: row for row in await tx.rows(query, ids=ids, **seen_by(actor))} if ids else {}
