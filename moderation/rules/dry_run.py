"""Trying: what a rule would have caught among the latest posts, before it is switched on."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from asyncpg import Record
from sqlalchemy import BigInteger, Integer, bindparam, case, or_, select, true

from core.actor import Actor
from core.ids import RoomId
from forum.posts.post_pages import read_posts_by_id
from forum.tables import posts, revisions, topics
from forum.text.quotes import QuotedText, read_quoted_texts
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from gatherings.tables import rooms
from members.tables import members
from moderation.rules.matching import Finding, PreviousText, ScreenedText, applies_to, apply_test
from moderation.rules.minhash import Sketch, make_sketch
from moderation.rules.policy import ensure_can_manage_rule, ensure_is_usable
from moderation.rules.rules import find_scope
from moderation.rules.shapes import Alike, CaughtPost, DryRunResult, NewRule
from moderation.rules.words import TextViews, embedded_quotes
from storage.database import Database
from storage.statements import statement

LATEST = 1_000
SHOWN = 50
# Seconds it may take in all, beside the loop; at most a text of each kind of hostility is under way when they are over.
BUDGET = 3.0
_DAY = timedelta(days=1)

_was = (
    select(*revisions.c[("body", "html", "was_held")])
    .where(revisions.c.post_id == posts.c.id)
    .order_by(revisions.c.version.desc())
    .limit(1)
    .lateral("was")
)
_sector = bindparam("sector", type_=BigInteger)
_room = bindparam("room", type_=BigInteger)
_POSTS = statement(
    select(
        *posts.c[("id", "author_id", "body", "html", "posted_at", "edited_at")],
        case((posts.c.number == 1, topics.c.title), else_="").label("title"),
        members.c.trust,
        _was.c.body.label("old_body"),
        _was.c.html.label("old_html"),
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .outerjoin(rooms, rooms.c.topic_id == topics.c.id)
    .outerjoin(_was, true())
    .where(
        posts_not_held(),
        visible_topics(),
        visible_text(),
        posts.c.markup != "mail",
        or_(_sector.is_(None), topics.c.sector_id == _sector),
        or_(_room.is_(None), rooms.c.id == _room),
    )
    .order_by(posts.c.id.desc())
    .limit(bindparam("count", type_=Integer))
)


async def dry_run_rule(db: Database, actor: Actor, new: NewRule) -> DryRunResult:
    """What a rule would have caught among the latest posts where it is to hold, as far as its author can read them."""
    async with db.read() as tx:
        sector_id, scope = await find_scope(tx, actor, new)
        ensure_can_manage_rule(actor, scope)
        ensure_is_usable(new)
        room = None if new.room is None else RoomId(new.room)
        rows = await tx.rows(_POSTS, sector=sector_id, room=room, count=LATEST, **seen_by(actor))
        ids = embedded_quotes(html for row in rows for html in (row["html"], row["old_html"]) if html)
        quoted = await read_quoted_texts(tx, actor, ids) if ids else {}
    tried, found = await asyncio.to_thread(_try, new, rows, quoted, db.site)
    async with db.read() as tx:
        shown = await read_posts_by_id(tx, actor, [post_id for post_id, _ in found[:SHOWN]])
    items = [
        CaughtPost(post=shown[post_id], why=what.why, passages=what.passages)
        for post_id, what in found[:SHOWN]
        if post_id in shown
    ]
    return DryRunResult(tried=tried, caught=len(found), items=items)


def _try(
    new: NewRule, rows: Sequence[Record], quoted: Mapping[int, QuotedText], site: str
) -> tuple[int, list[tuple[int, Finding]]]:
    deadline, tried, found = time.monotonic() + BUDGET, 0, []
    for text, post_id in _texts(new, rows, quoted, site):
        if time.monotonic() > deadline:
            break
        tried += 1
        if applies_to(new.trust, text) and (what := apply_test(new.test, text)):
            found.append((post_id, what))
    return tried, found


def _texts(
    new: NewRule, rows: Sequence[Record], quoted: Mapping[int, QuotedText], site: str
) -> list[tuple[ScreenedText, int]]:
    """The posts as the rule would have met them, the latest first."""
    is_alike = isinstance(new.test, Alike)
    sketches = _sketches(rows, quoted) if is_alike else [(row["posted_at"], []) for row in rows]
    made = []
    for place, row in enumerate(rows):
        earlier = (
            [one for one in rows[place + 1 :] if one["author_id"] == row["author_id"]]
            if row["author_id"]
            else []
        )
        before = None
        if row["old_body"] is not None:
            was = {"body": row["old_body"], "html": row["old_html"]}
            before = PreviousText(
                **was, quoted=_those_in(row["old_html"], quoted), posted_at=row["posted_at"]
            )
        text = ScreenedText(
            title=row["title"],
            body=row["body"],
            html=row["html"],
            quoted=_those_in(row["html"], quoted),
            site=site,
            now=row["edited_at"] or row["posted_at"],
            trust=row["trust"],
            today=sum(row["posted_at"] - one["posted_at"] < _DAY for one in earlier),
            sketch=sketches[place][1],
            alike=sketches[place + 1 :] if is_alike else (),
            before=before,
        )
        made.append((text, row["id"]))
    return made


def _sketches(rows: Sequence[Record], quoted: Mapping[int, QuotedText]) -> list[tuple[datetime, Sketch]]:
    found = []
    for row in rows:
        seen = TextViews(body=row["body"], html=row["html"], quoted=_those_in(row["html"], quoted))
        found.append((row["posted_at"], make_sketch(seen.own)))
    return found


def _those_in(html: str, quoted: Mapping[int, QuotedText]) -> Mapping[int, QuotedText]:
    return {id: quoted[id] for id in embedded_quotes([html]) if id in quoted}
