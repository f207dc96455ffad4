"""References: what a post refers to, as the worker finds it in what was written; who is told; what refers to a post."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import unquote

from msgspec import Struct, structs

from core import clock
from core.events import Event
from core.ids import MemberId, PostId, TopicId
from forum.events import (
    PostCited,
    PostEdited,
    PostHidden,
    PostRestored,
    PostsMovedHere,
    PostUnhidden,
    PostWithdrawn,
    QuotesChanged,
    ReadersChanged,
    ReplyPosted,
    TopicChanged,
)
from forum.notifications.notifications import notify
from forum.posts.post_pages import read_posts_by_id
from members.accounts.actors import load_readers
from members.profiles.trust import TrustRules
from storage.database import Reader, Transaction
from storage.statements import statement

MOST = 200

QUOTED = "quoted"
MENTIONED = "mentioned"

_LINK = re.compile(
    r'<a href="/(?:m/(?P<handle>[^/"?#]{1,60})" class="mention"|p/(?P<post>\d{1,18})(?=["?#])'
    r"|t/(?P<topic>\d{1,12})(?:/(?:[a-z0-9-]*[a-z-][a-z0-9-]*/?)?(?P<number>\d{1,9})?)?(?=[\"?#])"
    r'|b/\d{1,18}/entries/(?P<entry>\d{1,18})(?=["?#]))|data-quote="(?P<quote>\d{1,18})"'
)
_WRITTEN = statement("""
SELECT p.html, p.topic_id, p.state, p.author_id, m.display_name, coalesce(m.trust_given, m.trust, 0) AS trust, t.title
FROM posts p JOIN topics t ON t.id = p.topic_id LEFT JOIN members m ON m.id = p.author_id
WHERE p.id = :post AND p.markup = 'markdown'
""")
_MEMBERS = statement(
    "SELECT id, handle FROM members WHERE handle = ANY(CAST(:handles AS text[])) AND is_claimed"
)
_QUOTED = statement("""
SELECT DISTINCT p.id, p.author_id, p.state FROM quotations q JOIN posts p ON p.id = q.post_id
WHERE q.id = ANY(CAST(:ids AS bigint[])) ORDER BY p.id
""")
_NUMBERED = statement("""
SELECT p.id FROM unnest(CAST(:topics AS bigint[]), CAST(:numbers AS integer[])) AS n (topic, number)
JOIN posts p ON p.topic_id = n.topic AND p.number = n.number
""")
_FORGET = statement("""
DELETE FROM post_references r WHERE r.post_id = :post AND NOT EXISTS (
    SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) AS k (kind, id)
    WHERE k.kind = r.kind AND k.id = r.object_id
) RETURNING kind, object_id
""")
_NOTE = statement("""
INSERT INTO post_references (post_id, kind, object_id)
SELECT :post, k.kind, k.id FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) AS k (kind, id)
ON CONFLICT DO NOTHING RETURNING kind, object_id
""")
_CITED_BY = statement(
    "SELECT object_id FROM post_references WHERE post_id = :post AND kind IN ('quote', 'post')"
)
_MARK = statement("""
WITH now AS (
    SELECT p.id, EXISTS (
        SELECT FROM post_references r JOIN open_posts c ON c.id = r.post_id
        WHERE r.kind IN ('quote', 'post') AND r.object_id = p.id
    ) AS is_cited FROM posts p WHERE p.id = ANY(CAST(:ids AS bigint[]))
)
UPDATE posts SET is_cited = now.is_cited FROM now WHERE posts.id = now.id AND posts.is_cited <> now.is_cited
RETURNING posts.id, posts.topic_id
""")
_QUOTING_POST = statement("""
SELECT p.id, p.topic_id FROM post_references r JOIN posts p ON p.id = r.post_id
WHERE r.kind = 'quote' AND r.object_id = :post ORDER BY p.topic_id, p.id
""")
_LINKING_TOPIC = """
SELECT p.id, p.topic_id FROM post_references r JOIN posts p ON p.id = r.post_id
WHERE r.kind = 'topic' AND r.object_id = :topic AND p.topic_id <> :topic
"""
_NAMING_TOPIC = statement(f"{_LINKING_TOPIC} ORDER BY p.topic_id, p.id")
_QUOTING_TOPIC = statement(f"""
SELECT p.id, p.topic_id FROM posts q JOIN post_references r ON r.kind IN ('quote', 'post') AND r.object_id = q.id
JOIN posts p ON p.id = r.post_id WHERE q.topic_id = :topic AND p.topic_id <> :topic
UNION {_LINKING_TOPIC} ORDER BY topic_id, id
""")
# Who has muted a topic is told nothing of it.
_MUTED = statement("SELECT member_id FROM following WHERE topic_id = :topic AND chosen = 0")
_CITED_BY_TOPIC = statement("""
SELECT DISTINCT r.object_id FROM posts p JOIN post_references r ON r.post_id = p.id AND r.kind IN ('quote', 'post')
WHERE p.topic_id = :topic ORDER BY r.object_id
""")


class TextReferences(Struct, frozen=True, kw_only=True):
    """What a rendered text refers to: handles, quotations, posts by id or by place, topics, entries."""

    handles: tuple[str, ...]
    quotes: tuple[int, ...]
    posts: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    topics: tuple[int, ...]
    entries: tuple[int, ...]


def extract_references(html: str) -> TextReferences:
    """What a rendered text refers to, each once, in the order of the text."""
    found: dict[str, dict[Any, None]] = {name: {} for name in TextReferences.__struct_fields__}
    for link in _LINK.finditer(html):
        if link["handle"]:
            found["handles"][unquote(unescape(link["handle"]))] = None
        elif link["quote"]:
            found["quotes"][int(link["quote"])] = None
        elif link["post"]:
            found["posts"][int(link["post"])] = None
        elif link["entry"]:
            found["entries"][int(link["entry"])] = None
        elif link["number"]:
            found["places"][int(link["topic"]), int(link["number"])] = None
        else:
            found["topics"][int(link["topic"])] = None
    return TextReferences(**{name: tuple(each)[:MOST] for name, each in found.items()})


async def on_post_written(rules: TrustRules, tx: Transaction, event: ReplyPosted | PostEdited) -> None:
    """Bring what is kept of a post's references to what it says now, and tell those who are named for the first time."""
    row = await tx.row(_WRITTEN, post=event.post_id)
    if row is None:
        return
    named = extract_references(row["html"])
    if not any(structs.astuple(named)) and isinstance(event, ReplyPosted):
        return  # most posts name nobody
    members_named = (
        {r["id"]: r["handle"] for r in await tx.rows(_MEMBERS, handles=list(named.handles))}
        if named.handles
        else {}
    )
    quoted = await tx.rows(_QUOTED, ids=list(named.quotes)) if named.quotes else []
    placed = await _placed(tx, named)
    wanted = {
        *(("member", id) for id in members_named),
        *(("quote", post["id"]) for post in quoted),
        *(("post", id) for id in (*named.posts, *placed) if id != event.post_id),
        *(("topic", id) for id in named.topics if id != row["topic_id"]),
        *(("entry", id) for id in named.entries),
    }
    fresh, gone = await _bring_to(tx, event.post_id, wanted)
    cited = sorted(id for kind, id in (*fresh, *gone) if kind in ("quote", "post"))
    await _mark(tx, cited)
    if any(post["state"] != "published" for post in quoted):
        # It was hidden or withdrawn while this was on its way here.
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=event.post_id))
    if row["state"] == "published" and fresh:
        authors = {post["id"]: post["author_id"] for post in quoted}
        order = sorted(members_named, key=lambda id: named.handles.index(members_named[id]))
        most = rules.levels[min(row["trust"], len(rules.levels) - 1)].rights.mentions
        who = {
            QUOTED: [authors[id] for kind, id in sorted(fresh) if kind == "quote" and authors[id]],
            MENTIONED: [id for id in order if ("member", id) in fresh][:most],
        }
        await _tell_named(tx, PostId(event.post_id), row, who)


async def on_post_visibility_changed(
    tx: Transaction, event: PostHidden | PostUnhidden | PostWithdrawn | PostRestored
) -> None:
    """Say where a post is quoted that its words are gone from there, or back; and of what it cites whether that holds."""
    for row in await tx.rows(_QUOTING_POST, post=event.post_id):
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=row["id"]))
    await _mark(tx, [row["object_id"] for row in await tx.rows(_CITED_BY, post=event.post_id)])


async def on_topic_access_changed(tx: Transaction, event: ReadersChanged | PostsMovedHere) -> None:
    """The same, for all posts of a topic that others read now than before."""
    for row in await tx.rows(_QUOTING_TOPIC, topic=event.topic_id):
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=row["id"]))
    await _mark(tx, [row["object_id"] for row in await tx.rows(_CITED_BY_TOPIC, topic=event.topic_id)])


async def on_topic_changed(tx: Transaction, event: TopicChanged) -> None:
    """Say where a topic is named by a link that its title may be another."""
    for row in await tx.rows(_NAMING_TOPIC, topic=event.topic_id):
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=row["id"]))


async def _placed(tx: Reader, named: TextReferences) -> list[int]:
    if not named.places:
        return []
    topics_named, numbers = zip(*named.places, strict=True)
    return [row["id"] for row in await tx.rows(_NUMBERED, topics=list(topics_named), numbers=list(numbers))]


async def _bring_to(
    tx: Transaction, post_id: int, wanted: set[tuple[str, int]]
) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    binds = {"post": post_id, "kinds": [kind for kind, _ in wanted], "ids": [id for _, id in wanted]}
    gone = {tuple(row) for row in await tx.rows(_FORGET, **binds)}
    fresh = {tuple(row) for row in await tx.rows(_NOTE, **binds)} if wanted else set()
    return fresh, gone


async def _mark(tx: Transaction, ids: Sequence[int]) -> None:
    if ids:
        rows = await tx.rows(_MARK, ids=sorted(set(ids)))
        for row in sorted(rows, key=lambda row: (row["topic_id"], row["id"])):
            await tx.record(PostCited(topic_id=row["topic_id"], post_id=row["id"]))


async def _tell_named(tx: Transaction, post_id: PostId, row: Any, who: Mapping[str, Sequence[int]]) -> None:
    # Who is quoted is told so, and not once more for being called by name.
    muted = await tx.rows(_MUTED, topic=row["topic_id"])
    told = {row["author_id"], *(one["member_id"] for one in muted)}
    readers = await load_readers(tx, {one for named in who.values() for one in named} - told, clock.now())
    does = {QUOTED: "quotes_you", MENTIONED: "mentions_you"}
    for kind, named in who.items():
        reason = {"code": does[kind], "name": row["display_name"], "title": row["title"]}
        reasons = {}
        for member in named:
            reader = readers.get(MemberId(member))
            if reader and member not in told and await read_posts_by_id(tx, reader, [post_id]):
                reasons[MemberId(member)] = reason
            told.add(member)
        if reasons:
            await notify(tx, kind, TopicId(row["topic_id"]), post_id, reasons)


# Those that the rules of trust bound, before they are given them.
REFERENCE_HANDLERS: Mapping[type[Event], Callable[[TrustRules, Transaction, Any], Awaitable[None]]] = {
    ReplyPosted: on_post_written,
    PostEdited: on_post_written,
}
