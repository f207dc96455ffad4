"""Drafts: what somebody is writing, kept until it is posted. Of two windows that write at once neither takes from the other.

A draft counts its changes. Who saves says which change was seen last: from another window's change grows a fork, kept beside
it. What was posted or thrown away leaves the number behind, so that a window left open somewhere does not bring it back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import MemberId
from forum.shapes_drafts import Draft, DraftChange, DraftList, DraftRow
from forum.tables import posts, sectors, topics
from forum.text.markdown import plain_excerpt
from forum.text.quote_source import strip_quote_markers
from forum.text.quotes import expand_quotes, extract_quotes
from forum.visibility import posts_not_held, seen_by, visible_topics
from storage.database import Reader, Transaction
from storage.statements import statement

KEPT = timedelta(days=180)
MOST = 200
_BEGINS = 160

_TURN = statement("SELECT pg_advisory_xact_lock(hashtextextended('drafts of ' || CAST(:member AS text), 0))")
_COLUMNS = "key, body, title, tags, kind, sequence, owner, saved_at, ended_at"
_READ = statement(f"SELECT {_COLUMNS} FROM drafts WHERE member_id = :member AND key = :key")
_ALL = statement(f"""
SELECT {_COLUMNS} FROM drafts WHERE member_id = :member AND ended_at IS NULL ORDER BY saved_at DESC, key
""")
_COUNT = statement("SELECT count(*) FROM drafts WHERE member_id = :member AND ended_at IS NULL")
_FORKS = statement("""
SELECT coalesce(max(CAST(split_part(key, '~', 2) AS integer)), 1) + 1 FROM drafts
WHERE member_id = :member AND key LIKE :first || '~%'
""")
_SAVE = statement("""
INSERT INTO drafts AS d (member_id, key, body, title, tags, kind, owner, saved_at)
VALUES (:member, :key, :body, :title, :tags, :kind, :owner, :now)
ON CONFLICT (member_id, key) DO UPDATE SET body = :body, title = :title, tags = :tags, kind = :kind,
    owner = :owner, saved_at = :now, ended_at = NULL, sequence = d.sequence + 1
RETURNING sequence
""")
# Also what was never saved ends: the first change that another window makes of it is one too late.
_END = statement("""
INSERT INTO drafts AS d (member_id, key, body, saved_at, ended_at) VALUES (:member, :key, '', :now, :now)
ON CONFLICT (member_id, key) DO UPDATE
SET body = '', title = '', tags = '', ended_at = :now, saved_at = :now, sequence = d.sequence + 1
""")
_FORGET = statement("DELETE FROM drafts WHERE saved_at < :before")
_TOPICS = statement(
    select(topics.c.id, topics.c.title).where(
        topics.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), visible_topics()
    )
)
_POSTS = statement(
    select(posts.c.id, posts.c.number, topics.c.title)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        posts.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), posts_not_held(), visible_topics()
    )
)
_SECTORS = statement(select(sectors.c.slug, sectors.c.name))


class DraftEnded(Conflict):
    """It was posted or thrown away after this window saw it last."""

    message = "This was posted or thrown away from another window."


class TooManyDrafts(Invalid):
    """Nobody writes at so much at once."""

    message = f"You have {MOST} drafts. Throw some away first."


async def read_draft(tx: Reader, actor: Actor, key: str) -> Draft:
    """The draft of this name: an empty one with its number, if there is none."""
    member = actor.signed_in()
    row = await tx.row(_READ, member=member, key=key)
    if row is None:
        return Draft(key=key, sequence=0, body="")
    return await _shown(tx, actor, row)


async def save_draft(tx: Transaction, actor: Actor, key: str, change: DraftChange) -> Draft:
    """Keep what stands in a window. What another window has changed meanwhile is kept as well: then this is a fork of it,
    with a name of its own."""
    member = actor.signed_in()
    await tx.run(_TURN, member=str(member))
    body = await extract_quotes(tx, actor, change.body, None)
    row = await tx.row(_READ, member=member, key=key)
    sequence = row["sequence"] if row else 0
    if row is not None and change.sequence < sequence:
        # Also what the window itself had sent before it posted, and what arrives after.
        if row["ended_at"] is not None:
            raise DraftEnded
        if change.owner != row["owner"] and not _is_same(row, body, change):
            key = f"{key.partition('~')[0]}~{await tx.value(_FORKS, member=member, first=key.partition('~')[0])}"
            row = None
    if row is None and await tx.value(_COUNT, member=member) >= MOST:
        raise TooManyDrafts
    binds = {"title": change.title, "tags": change.tags, "kind": change.kind, "owner": change.owner}
    await tx.run(_SAVE, member=member, key=key, body=body, now=clock.now(), **binds)
    return await read_draft(tx, actor, key)


async def drop_draft(tx: Transaction, actor: Actor, key: str) -> None:
    """Throw a draft away; as often as one likes."""
    await end_draft(tx, actor.signed_in(), key)


async def end_draft(tx: Transaction, member: MemberId, key: str | None) -> None:
    """End a draft in the transaction that posts it. No rule is asked."""
    if key is not None:
        await tx.run(_END, member=member, key=key, now=clock.now())


async def read_drafts(tx: Reader, actor: Actor) -> DraftList:
    """All of one's drafts, the latest first, each with what it is for, as far as one can still see that."""
    rows = await tx.rows(_ALL, member=actor.signed_in())
    names = await _names(tx, actor, [row["key"] for row in rows])
    return DraftList([_row_of(row, *names[row["key"]]) for row in rows if row["body"] or row["title"]])


async def delete_expired_drafts(tx: Transaction, now: datetime) -> int:
    """Drop what nobody has written on for half a year; how many."""
    return await tx.run(_FORGET, before=now - KEPT)


async def _shown(tx: Reader, actor: Actor, row: Record) -> Draft:
    return Draft(
        key=row["key"],
        sequence=row["sequence"],
        body=await expand_quotes(tx, actor, row["body"]),
        title=row["title"],
        tags=row["tags"],
        kind=row["kind"],
        saved_at=row["saved_at"],
    )


def _is_same(row: Record, body: str, change: DraftChange) -> bool:
    before = (row["body"].strip(), row["title"], row["tags"], row["kind"])
    return bool(before == (body.strip(), change.title, change.tags, change.kind))


def _row_of(row: Record, what: str, address: str | None) -> DraftRow:
    return DraftRow(
        key=row["key"],
        what=what,
        title=row["title"],
        begins=plain_excerpt(strip_quote_markers(row["body"]), _BEGINS) or "A quotation",
        saved_at=row["saved_at"],
        address=address,
        is_fork="~" in row["key"],
    )


async def _names(tx: Reader, actor: Actor, keys: Sequence[str]) -> Mapping[str, tuple[str, str | None]]:
    # For each draft what it is for, in words, and where one goes on writing it.
    parts = {key: key.partition("~")[0].partition(":") for key in keys}
    titles = await _by_id(tx, actor, _TOPICS, [int(id) for kind, _, id in parts.values() if kind == "topic"])
    named = [int(id) for kind, _, id in parts.values() if kind in ("reply", "edit")]
    places = await _by_id(tx, actor, _POSTS, named)
    slugs = {row["slug"]: row["name"] for row in await tx.rows(_SECTORS)} if keys else {}
    found: dict[str, tuple[str, str | None]] = {}
    for key, (kind, _, id) in parts.items():
        if kind == "new":
            found[key] = (f"A topic in {slugs.get(id, id)}", f"/s/{id}/new" if id in slugs else None)
        elif kind == "topic":
            topic = titles.get(int(id))
            found[key] = (
                (f"A reply in “{topic['title']}”", f"/t/{id}/draft/reply") if topic else (_GONE, None)
            )
        else:
            post = places.get(int(id))
            word = "A reply to" if kind == "reply" else "An edit of"
            found[key] = (
                (f"{word} #{post['number']} in “{post['title']}”", f"/p/{id}/{kind}")
                if post
                else (_GONE, None)
            )
    return found


_GONE = "For something that you cannot read any more"


async def _by_id(tx: Reader, actor: Actor, query: Any, ids: list[int]) -> Mapping[int, Record]:
    return {row["id"]: row for row in await tx.rows(query, ids=ids, **seen_by(actor))} if ids else {}
