"""Dry run: what a rule would have caught among the latest posts, before it is activated."""

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
from forum.text.quoted_words import QuotedText
from forum.text.quotes import read_quoted_texts
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from gatherings.tables import rooms
from members.tables import members
from moderation.rules.findings import Finding
from moderation.rules.matching import PreviousText, ScreenedText, applies_to, apply_test
from moderation.rules.minhash import Sketch, make_sketch
from moderation.rules.policy import ensure_can_manage_rule, ensure_is_usable
from moderation.rules.rules import find_scope
from moderation.rules.shapes import Alike, CaughtPost, DryRunResult, NewRule
from moderation.rules.words import TextViews, embedded_quotes
from storage.database import Database
from storage.statements import statement

MAX_POSTS = 1_000
MAX_SHOWN = 50
# Seconds that a dry run may take in its thread. It stops after the text that is being checked when the time is over.
BUDGET = 3.0
_DAY = timedelta(days=1)

_previous = (
    select(*revisions.c[("body", "html", "was_held")])
    .where(revisions.c.post_id == posts.c.id)
    .order_by(revisions.c.version.desc())
    .limit(1)
    .lateral("was")
)
_sector = bindparam("sector", type_=BigInteger)
_room = bindparam("room", type_=BigInteger)
SELECT_LATEST_POSTS = statement(
    select(
        *posts.c[("id", "author_id", "body", "html", "posted_at", "edited_at")],
        case((posts.c.number == 1, topics.c.title), else_="").label("title"),
        members.c.trust,
        _previous.c.body.label("old_body"),
        _previous.c.html.label("old_html"),
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .outerjoin(rooms, rooms.c.topic_id == topics.c.id)
    .outerjoin(_previous, true())
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
    """Apply a rule that is not stored to the latest posts of its scope that the actor can read, and return what it would
    have caught. Raises NotYourRule, AdministratorsOnly and the refusals of `ensure_is_usable`."""
    async with db.read() as tx:
        sector_id, scope = await find_scope(tx, actor, new)
        ensure_can_manage_rule(actor, scope)
        ensure_is_usable(new)
        room = None if new.room is None else RoomId(new.room)
        rows = await tx.rows(
            SELECT_LATEST_POSTS, sector=sector_id, room=room, count=MAX_POSTS, **seen_by(actor)
        )
        ids = embedded_quotes(html for row in rows for html in (row["html"], row["old_html"]) if html)
        quoted = await read_quoted_texts(tx, actor, ids) if ids else {}
    tried, found = await asyncio.to_thread(_apply_rule, new, rows, quoted, db.site)
    async with db.read() as tx:
        shown = await read_posts_by_id(tx, actor, [post_id for post_id, _ in found[:MAX_SHOWN]])
    items = [
        CaughtPost(post=shown[post_id], why=what.why, passages=what.passages)
        for post_id, what in found[:MAX_SHOWN]
        if post_id in shown
    ]
    return DryRunResult(tried=tried, caught=len(found), items=items)


def _apply_rule(
    new: NewRule, rows: Sequence[Record], quoted: Mapping[int, QuotedText], site: str
) -> tuple[int, list[tuple[int, Finding]]]:
    deadline, tried, found = time.monotonic() + BUDGET, 0, []
    for text, post_id in _build_texts(new, rows, quoted, site):
        if time.monotonic() > deadline:
            break
        tried += 1
        if applies_to(new.trust, text) and (what := apply_test(new.test, text)):
            found.append((post_id, what))
    return tried, found


def _build_texts(
    new: NewRule, rows: Sequence[Record], quoted: Mapping[int, QuotedText], site: str
) -> list[tuple[ScreenedText, int]]:
    """Return the posts as the rule would have checked them when they were written, newest first, with their ids."""
    is_alike = isinstance(new.test, Alike)
    sketches = _make_sketches(rows, quoted) if is_alike else [(row["posted_at"], []) for row in rows]
    made = []
    for index, row in enumerate(rows):
        earlier = (
            [other for other in rows[index + 1 :] if other["author_id"] == row["author_id"]]
            if row["author_id"]
            else []
        )
        before = None
        if row["old_body"] is not None:
            was = {"body": row["old_body"], "html": row["old_html"]}
            before = PreviousText(
                **was, quoted=_quotes_in(row["old_html"], quoted), posted_at=row["posted_at"]
            )
        text = ScreenedText(
            title=row["title"],
            body=row["body"],
            html=row["html"],
            quoted=_quotes_in(row["html"], quoted),
            site=site,
            now=row["edited_at"] or row["posted_at"],
            trust=row["trust"],
            today=sum(row["posted_at"] - other["posted_at"] < _DAY for other in earlier),
            sketch=sketches[index][1],
            alike=sketches[index + 1 :] if is_alike else (),
            before=before,
        )
        made.append((text, row["id"]))
    return made


def _make_sketches(rows: Sequence[Record], quoted: Mapping[int, QuotedText]) -> list[tuple[datetime, Sketch]]:
    found = []
    for row in rows:
        views = TextViews(body=row["body"], html=row["html"], quoted=_quotes_in(row["html"], quoted))
        found.append((row["posted_at"], make_sketch(views.own)))
    return found


def _quotes_in(html: str, quoted: Mapping[int, QuotedText]) -> Mapping[int, QuotedText]:
    return {id: quoted[id] for id in embedded_quotes([html]) if id in quoted}
