"""Placing entries: each with a topic of its own, whose opening post it is; many in a handful of statements."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from boards.entries.entry_text import entry_title, render_entry
from boards.entries.indexing import EntryContext, index_entries
from boards.shapes import Fields
from core.ids import EntryId, TopicId
from forum.posts.insertion import NewPost, insert_posts_in_topics
from forum.text.markdown import render
from storage.database import Transaction
from storage.statements import statement

# In the sector of the board, for the readers of the board. The sector is not told: entries are not in its list of topics.
_TOPICS = statement("""
INSERT INTO topics (sector_id, title, kind, author_id, opened_at, last_activity_at, readers)
SELECT b.sector_id, t.title, 'entry', t.author, :now, :now, home.readers
FROM unnest(CAST(:titles AS text[]), CAST(:authors AS bigint[])) WITH ORDINALITY AS t (title, author, ord)
JOIN boards b ON b.id = :board JOIN topics home ON home.id = b.topic_id
ORDER BY t.ord RETURNING id
""")
_NUMBER = statement("""
UPDATE boards SET last_number = last_number + :count WHERE id = :board RETURNING last_number - :count
""")
_ENTRIES = statement("""
INSERT INTO entries (board_id, number, topic_id, post_id, title, fields, author_id, added_at, changed_by, changed_at,
    source_post_id, verified_at, words)
SELECT :board, :first + e.ord, e.topic, e.post, e.title, CAST(e.fields AS jsonb), e.author, :now, e.author, :now, e.source,
    :now, e.words
FROM unnest(CAST(:topics AS bigint[]), CAST(:posts AS bigint[]), CAST(:titles AS text[]), CAST(:fields AS text[]),
    CAST(:authors AS bigint[]), CAST(:sources AS bigint[]), CAST(:words AS text[]))
    WITH ORDINALITY AS e (topic, post, title, fields, author, source, words, ord)
ORDER BY e.ord RETURNING id
""")
_CREDIT = statement("""
INSERT INTO entry_contributors (entry_id, member_id, since)
SELECT id, author_id, added_at FROM entries WHERE id = ANY(CAST(:ids AS bigint[])) AND author_id IS NOT NULL
""")


class CheckedEntry(Struct, frozen=True, kw_only=True):
    """An entry to place: answers that were checked, and whose they are."""

    answers: Fields
    author: int | None = None
    source: int | None = None


async def insert_entries(
    tx: Transaction, sheet: EntryContext, rows: Sequence[CheckedEntry], now: datetime
) -> list[EntryId]:
    """Put entries on a board, in the order given. Checks no rule and tells nobody of the board."""
    titles = [entry_title(sheet.form, row.answers) for row in rows]
    authors = [row.author for row in rows]
    made = await tx.rows(_TOPICS, board=sheet.board, titles=titles, authors=authors, now=now)
    topics = [TopicId(one["id"]) for one in made]
    posts = [_post(sheet, row, topic, tx.site, now) for row, topic in zip(rows, topics, strict=True)]
    placed = await insert_posts_in_topics(tx, list(zip(topics, posts, strict=True)), now)
    first = await tx.value(_NUMBER, board=sheet.board, count=len(rows))
    written = await tx.rows(
        _ENTRIES,
        board=sheet.board,
        first=first,
        topics=topics,
        posts=[place.id for place in placed if place is not None],
        titles=titles,
        fields=[msgspec.json.encode(row.answers).decode() for row in rows],
        authors=authors,
        sources=[row.source for row in rows],
        words=[post.body.lower() for post in posts],
        now=now,
    )
    ids = [EntryId(one["id"]) for one in written]
    await tx.run(_CREDIT, ids=ids)
    await index_entries(tx, sheet, [(id, row.answers) for id, row in zip(ids, rows, strict=True)], now)
    return ids


def _post(sheet: EntryContext, row: CheckedEntry, topic: TopicId, site: str, now: datetime) -> NewPost:
    body = render_entry(sheet.form, row.answers, sheet.taxonomies)
    html = render(body, topic=topic, site=site).html
    return NewPost(author_id=row.author, body=body, html=html, posted_at=now)
