"""Bulk insert of archived threads: topics, posts with their numbers and tree paths, and events, in few statements."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from core.events import Event
from core.text import TITLE_LENGTH
from forum.archive.authors import author_address, find_or_insert_authors
from forum.archive.shapes import PostToInsert, ThreadToInsert
from forum.events import ReplyPosted, TopicOpened
from forum.posts.languages import detect_in_texts
from forum.posts.tree_path import encode_segment
from storage.database import Transaction
from storage.statements import statement

MAX_DEPTH = 200
# So many posts are written with one statement.
CHUNK_SIZE = 1_000

LOCK_TOPICS = statement("""
SELECT id, last_number, roots FROM topics WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")
SELECT_PARENTS_AND_GRANDPARENTS = statement("""
SELECT id, topic_id, parent_id, path, depth, children FROM posts WHERE id = ANY(CAST(:ids AS bigint[]))
OR id IN (SELECT parent_id FROM posts WHERE id = ANY(CAST(:ids AS bigint[])))
""")
NEXT_TOPIC_IDS = statement("""
SELECT nextval(pg_get_serial_sequence('topics', 'id')) AS id FROM generate_series(1, CAST(:count AS integer))
""")
NEXT_POST_IDS = statement("""
SELECT nextval(pg_get_serial_sequence('posts', 'id')) AS id FROM generate_series(1, CAST(:count AS integer))
""")
INSERT_ARCHIVED_TOPICS = statement("""
INSERT INTO topics (id, sector_id, title, kind, author_id, opened_at, last_activity_at, last_number, post_count, roots)
SELECT id, :sector, title, 'mail', author, opened, latest, posts, posts, roots FROM unnest(
    CAST(:ids AS bigint[]), CAST(:titles AS text[]), CAST(:authors AS bigint[]), CAST(:opened AS timestamptz[]),
    CAST(:latest AS timestamptz[]), CAST(:posts AS integer[]), CAST(:roots AS integer[])
) AS t (id, title, author, opened, latest, posts, roots)
""")
UPDATE_EXTENDED_TOPIC = statement("""
UPDATE topics SET last_number = last_number + :posts, post_count = post_count + :posts, roots = :roots,
    last_activity_at = greatest(last_activity_at, :latest), version = version + 1 WHERE id = :id
""")
INSERT_ARCHIVED_POSTS = statement("""
INSERT INTO posts (id, topic_id, number, parent_id, path, depth, children, author_id, markup, body, html, posted_at,
    language, language_by)
SELECT id, topic, number, parent, path, depth, children, author, 'mail', body, html, at, language, 'detected' FROM unnest(
    CAST(:ids AS bigint[]), CAST(:topics AS bigint[]), CAST(:numbers AS integer[]), CAST(:parents AS bigint[]),
    CAST(:paths AS bytea[]), CAST(:depths AS smallint[]), CAST(:children AS integer[]), CAST(:authors AS bigint[]),
    CAST(:bodies AS text[]), CAST(:htmls AS text[]), CAST(:times AS timestamptz[]),
    CAST(:languages AS text[])
) AS p (id, topic, number, parent, path, depth, children, author, body, html, at, language)
""")
UPDATE_NUMBER_OF_CHILDREN = statement("""
UPDATE posts SET children = c.children FROM unnest(CAST(:ids AS bigint[]), CAST(:children AS integer[]))
    AS c (id, children) WHERE posts.id = c.id
""")
INSERT_IMPORTED_MAILS = statement("""
INSERT INTO imported_mails (sector_id, message_id, topic_id, post_id, subject, awaits, fingerprints)
SELECT :sector, id, topic, post, subject, ARRAY(SELECT jsonb_array_elements_text(CAST(awaits AS jsonb))),
    ARRAY(SELECT jsonb_array_elements_text(CAST(fingerprints AS jsonb)))
FROM unnest(
    CAST(:ids AS text[]), CAST(:topics AS bigint[]), CAST(:posts AS bigint[]), CAST(:subjects AS text[]),
    CAST(:awaits AS text[]), CAST(:fingerprints AS text[])
) AS m (id, topic, post, subject, awaits, fingerprints)
""")


class _TreePosition(Struct):
    # A post's position in the reply tree; `children` grows while replies are added below it.
    id: int
    topic_id: int
    parent_id: int | None
    path: bytes
    depth: int
    children: int


class _TopicState(Struct, kw_only=True):
    # A topic during the insert; `roots` counts the posts that reply to no other.
    thread: ThreadToInsert
    id: int
    is_new: bool
    last_number: int
    roots: int


class _PositionedPost(Struct, frozen=True):
    post: PostToInsert
    position: _TreePosition
    number: int


async def insert_threads(tx: Transaction, sector_id: int, threads: Sequence[ThreadToInsert]) -> Counter[str]:
    """Insert the posts of these threads, their topics and authors, and record the events.

    Returns the numbers of inserted `mails`, `new` topics, `grown` topics and new `authors`.
    """
    new_posts = [post for thread in threads for post in thread.posts]
    authors, new_authors = await find_or_insert_authors(tx, new_posts)
    topics = await _lock_or_number_topics(tx, threads)
    positions = await _read_parent_positions(tx, new_posts)
    existing = set(positions)
    posts = await _position_posts(tx, topics, positions)

    await _insert_topics(tx, sector_id, topics, authors)
    await _insert_posts(tx, posts, authors)
    await _update_existing(tx, topics, [position for id, position in positions.items() if id in existing])
    await _insert_imported_mails(tx, sector_id, posts)
    await tx.record_all(_events_of(sector_id, topics, posts))
    grown = sum(not topic.is_new for topic in topics)
    return Counter(mails=len(posts), new=len(topics) - grown, grown=grown, authors=new_authors)


async def _lock_or_number_topics(tx: Transaction, threads: Sequence[ThreadToInsert]) -> list[_TopicState]:
    existing_ids = sorted({thread.topic for thread in threads if thread.topic is not None})
    rows = {row["id"]: row for row in await tx.rows(LOCK_TOPICS, ids=existing_ids)} if existing_ids else {}
    new_ids = iter(await tx.rows(NEXT_TOPIC_IDS, count=len(threads) - len(rows)))
    topics = []
    for thread in threads:
        row = rows.get(thread.topic) if thread.topic is not None else None
        topics.append(
            _TopicState(
                thread=thread,
                id=next(new_ids)["id"] if row is None else row["id"],
                is_new=row is None,
                last_number=0 if row is None else row["last_number"],
                roots=0 if row is None else row["roots"],
            )
        )
    return topics


async def _read_parent_positions(tx: Transaction, posts: Sequence[PostToInsert]) -> dict[int, _TreePosition]:
    ids = list({post.parent_post for post in posts if post.parent_post is not None})
    rows = await tx.rows(SELECT_PARENTS_AND_GRANDPARENTS, ids=ids) if ids else []
    return {row["id"]: _TreePosition(*row.values()) for row in rows}


async def _position_posts(
    tx: Transaction, topics: Sequence[_TopicState], positions: dict[int, _TreePosition]
) -> list[_PositionedPost]:
    # Adds the new posts to `positions`, which is by post id. The ids are drawn in advance so that one statement can insert
    # posts together with their replies.
    ids = iter(await tx.rows(NEXT_POST_IDS, count=sum(len(topic.thread.posts) for topic in topics)))
    positioned: list[_PositionedPost] = []
    by_key: dict[int, _TreePosition] = {}
    for topic in topics:
        for number, post in enumerate(topic.thread.posts, topic.last_number + 1):
            parent = by_key.get(post.parent) if post.parent is not None else None
            if parent is None and post.parent_post is not None:
                parent = positions.get(post.parent_post)
            if parent is not None and parent.depth >= MAX_DEPTH:
                parent = positions[parent.parent_id] if parent.parent_id else None
            position = _next_position(topic, parent, next(ids)["id"])
            positions[position.id] = by_key[post.key] = position
            positioned.append(_PositionedPost(post, position, number))
    return positioned


def _next_position(topic: _TopicState, parent: _TreePosition | None, post_id: int) -> _TreePosition:
    # Counts the new child in its parent or topic.
    if parent is None or parent.topic_id != topic.id:
        topic.roots += 1
        return _TreePosition(post_id, topic.id, None, encode_segment(topic.roots - 1), 0, 0)
    parent.children += 1
    path = parent.path + encode_segment(parent.children - 1)
    return _TreePosition(post_id, topic.id, parent.id, path, parent.depth + 1, 0)


async def _insert_topics(
    tx: Transaction, sector_id: int, topics: Sequence[_TopicState], authors: dict[str, int]
) -> None:
    new = [topic for topic in topics if topic.is_new]
    if not new:
        return
    await tx.run(
        INSERT_ARCHIVED_TOPICS,
        sector=sector_id,
        ids=[topic.id for topic in new],
        titles=[topic.thread.title[:TITLE_LENGTH] for topic in new],
        authors=[authors[author_address(topic.thread.posts[0])] for topic in new],
        opened=[topic.thread.posts[0].at for topic in new],
        latest=[max(post.at for post in topic.thread.posts) for topic in new],
        posts=[len(topic.thread.posts) for topic in new],
        roots=[topic.roots for topic in new],
    )


async def _insert_posts(tx: Transaction, posts: Sequence[_PositionedPost], authors: dict[str, int]) -> None:
    for chunk in _chunks(posts):
        languages = await detect_in_texts([post.post.html for post in chunk])
        await tx.run(
            INSERT_ARCHIVED_POSTS,
            ids=[post.position.id for post in chunk],
            topics=[post.position.topic_id for post in chunk],
            numbers=[post.number for post in chunk],
            parents=[post.position.parent_id for post in chunk],
            paths=[post.position.path for post in chunk],
            depths=[post.position.depth for post in chunk],
            children=[post.position.children for post in chunk],
            authors=[authors[author_address(post.post)] for post in chunk],
            bodies=[post.post.text for post in chunk],
            htmls=[post.post.html for post in chunk],
            times=[post.post.at for post in chunk],
            languages=[found.tag for found in languages],
        )


async def _update_existing(
    tx: Transaction, topics: Sequence[_TopicState], parents: Sequence[_TreePosition]
) -> None:
    for topic in topics:
        if not topic.is_new:
            await tx.run(
                UPDATE_EXTENDED_TOPIC,
                id=topic.id,
                posts=len(topic.thread.posts),
                roots=topic.roots,
                latest=max(post.at for post in topic.thread.posts),
            )
    if parents:
        await tx.run(
            UPDATE_NUMBER_OF_CHILDREN,
            ids=[parent.id for parent in parents],
            children=[parent.children for parent in parents],
        )


async def _insert_imported_mails(tx: Transaction, sector_id: int, posts: Sequence[_PositionedPost]) -> None:
    # By these rows a later import recognises messages that are there already and continues their threads.
    for chunk in _chunks(posts):
        await tx.run(
            INSERT_IMPORTED_MAILS,
            sector=sector_id,
            ids=[post.post.message_id for post in chunk],
            topics=[post.position.topic_id for post in chunk],
            posts=[post.position.id for post in chunk],
            subjects=[post.post.subject for post in chunk],
            awaits=[msgspec.json.encode(post.post.awaits).decode() for post in chunk],
            fingerprints=[msgspec.json.encode(post.post.fingerprints).decode() for post in chunk],
        )


def _events_of(
    sector_id: int, topics: Sequence[_TopicState], posts: Sequence[_PositionedPost]
) -> list[Event]:
    # One event per new topic, and one per post in a topic that existed, so that its open pages stay up to date.
    # `record_all` runs no event handlers for them: nobody gets an e-mail about old messages.
    opened: list[Event] = [
        TopicOpened(sector_id=sector_id, topic_id=topic.id) for topic in topics if topic.is_new
    ]
    existing = {topic.id for topic in topics if not topic.is_new}
    replies: list[Event] = [
        ReplyPosted(topic_id=post.position.topic_id, post_id=post.position.id, number=post.number)
        for post in posts
        if post.position.topic_id in existing
    ]
    return opened + replies


def _chunks(posts: Sequence[_PositionedPost]) -> Iterator[Sequence[_PositionedPost]]:
    for start in range(0, len(posts), CHUNK_SIZE):
        yield posts[start : start + CHUNK_SIZE]
