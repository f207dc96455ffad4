"""Insertion of entries, each with its topic and opening post, for many entries in a fixed number of statements."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from boards.entries.context import EntryContext
from boards.entries.entry_text import entry_title, render_entry
from boards.entries.indexing import index_entries
from boards.shapes import Fields
from core.ids import EntryId, TopicId
from core.threads import in_thread
from forum.posts.insertion import NewPost, insert_posts_in_topics
from forum.text.markdown import render
from forum.topics.entry_topics import insert_entry_topics
from storage.database import Transaction
from storage.statements import statement

SELECT_TOPIC_AND_SECTOR_OF_BOARD = statement("SELECT topic_id, sector_id FROM boards WHERE id = :board")
UPDATE_LAST_NUMBER = statement("""
UPDATE boards SET last_number = last_number + :count WHERE id = :board RETURNING last_number - :count
""")
INSERT_ENTRIES = statement("""
INSERT INTO entries (board_id, number, topic_id, post_id, title, fields, author_id, added_at, changed_by, changed_at,
    source_post_id, verified_at, words)
SELECT :board, :first + e.ord, e.topic, e.post, e.title, CAST(e.fields AS jsonb), e.author, :now, e.author, :now, e.source,
    :now, e.words
FROM unnest(CAST(:topics AS bigint[]), CAST(:posts AS bigint[]), CAST(:titles AS text[]), CAST(:fields AS text[]),
    CAST(:authors AS bigint[]), CAST(:sources AS bigint[]), CAST(:words AS text[]))
    WITH ORDINALITY AS e (topic, post, title, fields, author, source, words, ord)
ORDER BY e.ord RETURNING id
""")
INSERT_AUTHORS_AS_CONTRIBUTORS = statement("""
INSERT INTO entry_contributors (entry_id, member_id, since)
SELECT id, author_id, added_at FROM entries WHERE id = ANY(CAST(:ids AS bigint[])) AND author_id IS NOT NULL
""")


class CheckedEntry(Struct, frozen=True, kw_only=True):
    """An entry to insert: validated field values, the author's id, and the id of the source post."""

    values: Fields
    author: int | None = None
    source: int | None = None


async def insert_entries(
    tx: Transaction, context: EntryContext, entries: Sequence[CheckedEntry], now: datetime
) -> list[EntryId]:
    """Insert entries on a board in the given order and return their ids. Checks no permission and records no board event."""
    titles = [entry_title(context.form, entry.values) for entry in entries]
    authors = [entry.author for entry in entries]
    board = await tx.row(SELECT_TOPIC_AND_SECTOR_OF_BOARD, board=context.board)
    assert board is not None
    topics = await insert_entry_topics(tx, board["topic_id"], board["sector_id"], titles, authors, now)
    posts = await in_thread(_opening_posts, context, list(zip(entries, topics, strict=True)), tx.site, now)
    inserted_posts = await insert_posts_in_topics(tx, list(zip(topics, posts, strict=True)), now)
    first = await tx.value(UPDATE_LAST_NUMBER, board=context.board, count=len(entries))
    inserted = await tx.rows(
        INSERT_ENTRIES,
        board=context.board,
        first=first,
        topics=topics,
        posts=[post.id for post in inserted_posts if post is not None],
        titles=titles,
        fields=[msgspec.json.encode(entry.values).decode() for entry in entries],
        authors=authors,
        sources=[entry.source for entry in entries],
        words=[post.body.lower() for post in posts],
        now=now,
    )
    ids = [EntryId(one["id"]) for one in inserted]
    await tx.run(INSERT_AUTHORS_AS_CONTRIBUTORS, ids=ids)
    await index_entries(
        tx, context, [(id, entry.values) for id, entry in zip(ids, entries, strict=True)], now
    )
    return ids


def _opening_posts(
    context: EntryContext, entries: Sequence[tuple[CheckedEntry, TopicId]], site: str, now: datetime
) -> list[NewPost]:
    posts = []
    for entry, topic in entries:
        body = render_entry(context.form, entry.values, context.taxonomies)
        html = render(body, topic=topic, site=site).html
        posts.append(NewPost(author_id=entry.author, body=body, html=html, posted_at=now))
    return posts
