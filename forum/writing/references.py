"""References: what posts mention, quote and link to, as the worker finds it in their HTML, and what follows from it.

Mentioned and quoted members are notified, cited posts are marked, and posts that quote changed posts are announced.
"""

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
from forum.following_levels import MUTED
from forum.notifications.notifications import notify
from forum.posts.post_pages import read_posts_by_id
from members.accounts.actors import load_readers
from members.profiles.profiles import find_member_ids
from members.profiles.trust import TrustRules
from storage.database import Reader, Transaction
from storage.statements import statement

MOST_REFERENCES = 200

QUOTED = "quoted"
MENTIONED = "mentioned"

_LINK = re.compile(
    r'<a href="/(?:m/(?P<handle>[^/"?#]{1,60})" class="mention"|p/(?P<post>\d{1,18})(?=["?#])'
    r"|t/(?P<topic>\d{1,12})(?:/(?:[a-z0-9-]*[a-z-][a-z0-9-]*/?)?(?P<number>\d{1,9})?)?(?=[\"?#])"
    r'|b/\d{1,18}/entries/(?P<entry>\d{1,18})(?=["?#]))|data-quote="(?P<quote>\d{1,18})"'
)
_SELECT_POST_WITH_AUTHOR = statement("""
SELECT p.html, p.topic_id, p.state, p.author_id, m.display_name, coalesce(m.trust_given, m.trust, 0) AS trust, t.title
FROM posts p JOIN topics t ON t.id = p.topic_id LEFT JOIN members m ON m.id = p.author_id
WHERE p.id = :post AND p.markup = 'markdown'
""")
_SELECT_QUOTED_POST_AUTHORS = statement("""
SELECT DISTINCT p.id, p.author_id, p.state FROM quotations q JOIN posts p ON p.id = q.post_id
WHERE q.id = ANY(CAST(:ids AS bigint[])) ORDER BY p.id
""")
_SELECT_POSTS_BY_NUMBER = statement("""
SELECT p.id FROM unnest(CAST(:topics AS bigint[]), CAST(:numbers AS integer[])) AS n (topic, number)
JOIN posts p ON p.topic_id = n.topic AND p.number = n.number
""")
_DELETE_OLD_REFERENCES = statement("""
DELETE FROM post_references r WHERE r.post_id = :post AND NOT EXISTS (
    SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) AS k (kind, id)
    WHERE k.kind = r.kind AND k.id = r.object_id
) RETURNING kind, object_id
""")
_INSERT_NEW_REFERENCES = statement("""
INSERT INTO post_references (post_id, kind, object_id)
SELECT :post, k.kind, k.id FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) AS k (kind, id)
ON CONFLICT DO NOTHING RETURNING kind, object_id
""")
_SELECT_CITED_BY_POST = statement(
    "SELECT object_id FROM post_references WHERE post_id = :post AND kind IN ('quote', 'post')"
)
_UPDATE_IS_CITED = statement("""
WITH now AS (
    SELECT p.id, EXISTS (
        SELECT FROM post_references r JOIN open_posts c ON c.id = r.post_id
        WHERE r.kind IN ('quote', 'post') AND r.object_id = p.id
    ) AS is_cited FROM posts p WHERE p.id = ANY(CAST(:ids AS bigint[]))
)
UPDATE posts SET is_cited = now.is_cited FROM now WHERE posts.id = now.id AND posts.is_cited <> now.is_cited
RETURNING posts.id, posts.topic_id
""")
_SELECT_POSTS_QUOTING_POST = statement("""
SELECT p.id, p.topic_id FROM post_references r JOIN posts p ON p.id = r.post_id
WHERE r.kind = 'quote' AND r.object_id = :post ORDER BY p.topic_id, p.id
""")
_SELECT_POSTS_LINKING_TOPIC = statement("""
SELECT p.id, p.topic_id FROM post_references r JOIN posts p ON p.id = r.post_id
WHERE r.kind = 'topic' AND r.object_id = :topic AND p.topic_id <> :topic
ORDER BY p.topic_id, p.id
""")
_SELECT_POSTS_CITING_TOPIC = statement("""
SELECT p.id, p.topic_id FROM posts q JOIN post_references r ON r.kind IN ('quote', 'post') AND r.object_id = q.id
JOIN posts p ON p.id = r.post_id WHERE q.topic_id = :topic AND p.topic_id <> :topic
UNION
SELECT p.id, p.topic_id FROM post_references r JOIN posts p ON p.id = r.post_id
WHERE r.kind = 'topic' AND r.object_id = :topic AND p.topic_id <> :topic
ORDER BY topic_id, id
""")
_SELECT_MEMBERS_MUTING_TOPIC = statement(
    "SELECT member_id FROM following WHERE topic_id = :topic AND chosen = :muted"
)
_SELECT_CITED_BY_TOPIC = statement("""
SELECT DISTINCT r.object_id FROM posts p JOIN post_references r ON r.post_id = p.id AND r.kind IN ('quote', 'post')
WHERE p.topic_id = :topic ORDER BY r.object_id
""")


class TextReferences(Struct, frozen=True, kw_only=True):
    """The references in an HTML text: mentioned handles, ids of quotations, posts by id or by topic and number, topics and
    entries of boards."""

    handles: tuple[str, ...]
    quotes: tuple[int, ...]
    posts: tuple[int, ...]
    post_numbers: tuple[tuple[int, int], ...]
    topics: tuple[int, ...]
    entries: tuple[int, ...]


def extract_references(html: str) -> TextReferences:
    """Return the references in an HTML text, each once, in the order of the text, and at most 200 of each kind."""
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
            found["post_numbers"][int(link["topic"]), int(link["number"])] = None
        else:
            found["topics"][int(link["topic"])] = None
    return TextReferences(**{name: tuple(each)[:MOST_REFERENCES] for name, each in found.items()})


async def on_post_written(rules: TrustRules, tx: Transaction, event: ReplyPosted | PostEdited) -> None:
    """Update the stored references of a new or edited post, and notify members whom it newly mentions or quotes.

    `rules` limits how many members the author may mention.
    """
    row = await tx.row(_SELECT_POST_WITH_AUTHOR, post=event.post_id)
    if row is None:
        return
    references = extract_references(row["html"])
    if not any(structs.astuple(references)) and isinstance(event, ReplyPosted):
        return  # most posts refer to nothing
    mentioned = await _find_mentioned(tx, references)
    quoted = (
        await tx.rows(_SELECT_QUOTED_POST_AUTHORS, ids=list(references.quotes)) if references.quotes else []
    )
    linked = await _find_posts_by_number(tx, references)
    wanted = {
        *(("member", id) for id in mentioned),
        *(("quote", post["id"]) for post in quoted),
        *(("post", id) for id in (*references.posts, *linked) if id != event.post_id),
        *(("topic", id) for id in references.topics if id != row["topic_id"]),
        *(("entry", id) for id in references.entries),
    }
    added, removed = await _store_references(tx, event.post_id, wanted)
    cited = sorted(id for kind, id in (*added, *removed) if kind in ("quote", "post"))
    await _update_is_cited(tx, cited)
    if any(post["state"] != "published" for post in quoted):
        # The quoted post was hidden or withdrawn before the worker got to this event.
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=event.post_id))
    if row["state"] == "published" and added:
        authors = {post["id"]: post["author_id"] for post in quoted}
        order = sorted(mentioned, key=lambda id: references.handles.index(mentioned[id]))
        limit = rules.levels[min(row["trust"], len(rules.levels) - 1)].rights.mentions
        recipients = {
            QUOTED: [authors[id] for kind, id in sorted(added) if kind == "quote" and authors[id]],
            MENTIONED: [id for id in order if ("member", id) in added][:limit],
        }
        await _notify_referenced(tx, PostId(event.post_id), row, recipients)


async def on_post_visibility_changed(
    tx: Transaction, event: PostHidden | PostUnhidden | PostWithdrawn | PostRestored
) -> None:
    """Announce the posts that quote a post which became visible or invisible, and update which posts it cites."""
    for row in await tx.rows(_SELECT_POSTS_QUOTING_POST, post=event.post_id):
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=row["id"]))
    cited = await tx.rows(_SELECT_CITED_BY_POST, post=event.post_id)
    await _update_is_cited(tx, [row["object_id"] for row in cited])


async def on_topic_access_changed(tx: Transaction, event: ReadersChanged | PostsMovedHere) -> None:
    """Announce the posts that quote or link to posts of a topic whose readers changed or that got posts from another topic,
    and update which posts the topic cites."""
    for row in await tx.rows(_SELECT_POSTS_CITING_TOPIC, topic=event.topic_id):
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=row["id"]))
    cited = await tx.rows(_SELECT_CITED_BY_TOPIC, topic=event.topic_id)
    await _update_is_cited(tx, [row["object_id"] for row in cited])


async def on_topic_changed(tx: Transaction, event: TopicChanged) -> None:
    """Announce the posts that link to a topic and show its title, because the title may have changed."""
    for row in await tx.rows(_SELECT_POSTS_LINKING_TOPIC, topic=event.topic_id):
        await tx.record(QuotesChanged(topic_id=row["topic_id"], post_id=row["id"]))


async def _find_mentioned(tx: Reader, references: TextReferences) -> dict[int, str]:
    found = await find_member_ids(tx, references.handles, claimed_only=True)
    return {member: handle for handle, member in found.items()}


async def _find_posts_by_number(tx: Reader, references: TextReferences) -> list[int]:
    if not references.post_numbers:
        return []
    topics, numbers = zip(*references.post_numbers, strict=True)
    rows = await tx.rows(_SELECT_POSTS_BY_NUMBER, topics=list(topics), numbers=list(numbers))
    return [row["id"] for row in rows]


async def _store_references(
    tx: Transaction, post_id: int, wanted: set[tuple[str, int]]
) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    binds = {"post": post_id, "kinds": [kind for kind, _ in wanted], "ids": [id for _, id in wanted]}
    removed = {tuple(row) for row in await tx.rows(_DELETE_OLD_REFERENCES, **binds)}
    added = {tuple(row) for row in await tx.rows(_INSERT_NEW_REFERENCES, **binds)} if wanted else set()
    return added, removed


async def _update_is_cited(tx: Transaction, ids: Sequence[int]) -> None:
    if ids:
        rows = await tx.rows(_UPDATE_IS_CITED, ids=sorted(set(ids)))
        for row in sorted(rows, key=lambda row: (row["topic_id"], row["id"])):
            await tx.record(PostCited(topic_id=row["topic_id"], post_id=row["id"]))


async def _notify_referenced(
    tx: Transaction, post_id: PostId, row: Any, recipients: Mapping[str, Sequence[int]]
) -> None:
    # Each member gets one notification: a quoted member is not notified again of a mention. Members who muted the topic get
    # none.
    muted = await tx.rows(_SELECT_MEMBERS_MUTING_TOPIC, topic=row["topic_id"], muted=MUTED)
    done = {row["author_id"], *(follower["member_id"] for follower in muted)}
    candidates = {member for members in recipients.values() for member in members}
    readers = await load_readers(tx, candidates - done, clock.now())
    codes = {QUOTED: "quotes_you", MENTIONED: "mentions_you"}
    for kind, members in recipients.items():
        reason = {"code": codes[kind], "name": row["display_name"], "title": row["title"]}
        reasons = {}
        for member in members:
            reader = readers.get(MemberId(member))
            if reader and member not in done and await read_posts_by_id(tx, reader, [post_id]):
                reasons[MemberId(member)] = reason
            done.add(member)
        if reasons:
            await notify(tx, kind, TopicId(row["topic_id"]), post_id, reasons)


# Event handlers that also need the trust rules; the worker binds them as the first argument.
REFERENCE_HANDLERS: Mapping[type[Event], Callable[[TrustRules, Transaction, Any], Awaitable[None]]] = {
    ReplyPosted: on_post_written,
    PostEdited: on_post_written,
}
