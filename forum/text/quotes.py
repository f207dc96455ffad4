"""Stored quotes: the words are kept once, next to the quoted post, and each text that quotes them contains only a marker.

If the quoted post is hidden, withdrawn or restored, its words therefore disappear or return in every text that quotes it.
"""

import re
from collections.abc import Iterable

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.errors import Invalid
from core.isolation import TEXTS
from core.languages.texts import translatable
from forum.tables import posts, topics
from forum.tables_writing import quotations
from forum.text.prepared_posts import shown_html
from forum.text.quote_source import (
    MARKER,
    find_quotes,
    format_quote,
    may_contain_quotes,
    replace_quote,
)
from forum.text.quoted_words import QuotedText, digest_of, render_quotes
from forum.text.rendering import INLINE_LENGTH
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import members
from storage.database import Database, Reader, Transaction
from storage.statements import statement

MAX_QUOTES = 20

SELECT_QUOTED_POSTS = statement(
    select(posts.c.id, posts.c.number, posts.c.html)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        posts.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        posts_not_held(),
        visible_topics(),
        visible_text(),
    )
)
# The update changes nothing; it makes PostgreSQL return the id of a row that exists already.
INSERT_QUOTATION = statement("""
INSERT INTO quotations (post_id, digest, body, html, is_exact) VALUES (:post, :digest, :body, :html, :exact)
ON CONFLICT (post_id, digest) DO UPDATE SET digest = excluded.digest RETURNING id
""")
SELECT_QUOTATION_SOURCES = statement(
    select(quotations.c.id, quotations.c.post_id, posts.c.number, members.c.display_name, quotations.c.body)
    .join(posts, posts.c.id == quotations.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .where(
        quotations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        posts_not_held(),
        visible_topics(),
        visible_text(),
    )
)
# Includes quotes of withdrawn and hidden posts: when such a post is restored, its words are shown again.
SELECT_QUOTATION_TEXTS = statement(
    select(*quotations.c[("id", "body", "html", "is_exact")])
    .join(posts, posts.c.id == quotations.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        quotations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        posts_not_held(),
        visible_topics(),
    )
)


class TooManyQuotes(Invalid):
    """A post contains more than `MAX_QUOTES` quotes."""

    message = translatable("A post can quote %(most)s passages at most.")


def _quotable(number: int, html: str) -> str:
    """Return what can be quoted of a post: its HTML, and of a prepared text also as the reader sees it in their language."""
    shown = shown_html(number, html)
    return html if shown == html else f"{shown}{html}"


async def extract_quotes_in_own_transaction(db: Database, actor: Actor, body: str) -> str:
    """Replace the typed quotes of a text by markers as `extract_quotes` does, and commit the stored quotes immediately.

    A text without quotes costs no transaction. Raises TooManyQuotes.
    """
    if not may_contain_quotes(body):
        return body
    async with db.begin() as tx:
        return await extract_quotes(tx, actor, body)


async def extract_quotes(tx: Transaction, actor: Actor, body: str, limit: int | None = MAX_QUOTES) -> str:
    """Store the typed quotes of posts that the actor can read, and return the text with markers in their place.

    Quotes of other posts stay as typed. Raises TooManyQuotes above `limit`; None means no limit.
    """
    if not may_contain_quotes(body):
        return body
    quotes = find_quotes(body) if len(body) <= INLINE_LENGTH else await TEXTS.call(find_quotes, body)
    if not quotes:
        return body
    if limit is not None and len(quotes) > limit:
        raise TooManyQuotes(field="body", most=MAX_QUOTES)
    post_ids = sorted({quote.post_id for quote in quotes})
    rows = await tx.rows(SELECT_QUOTED_POSTS, ids=post_ids, **seen_by(actor))
    post_html = {row["id"]: _quotable(row["number"], row["html"]) for row in rows}
    quotes = [quote for quote in quotes if quote.post_id in post_html]
    texts = await TEXTS.call(render_quotes, quotes, post_html)
    lines = body.split("\n")
    # From the last to the first, so that the line numbers of the quotes not yet replaced stay right.
    for quote, text in zip(reversed(quotes), reversed(texts), strict=True):
        replace_quote(lines, quote, f"[[quote {await _store_quote(tx, quote.post_id, text)}]]")
    return "\n".join(lines)


async def expand_quotes(tx: Reader, actor: Actor, body: str) -> str:
    """Return a stored text as it was typed: with the words of each quote that the actor can read in place of its marker.

    The markers of other quotes stay.
    """
    ids = [int(id) for id in MARKER.findall(body)] if "[[quote " in body else []
    if not ids:
        return body
    rows = await tx.rows(SELECT_QUOTATION_SOURCES, ids=sorted(set(ids)), **seen_by(actor))
    sources = {row["id"]: row for row in rows}

    def expand(marker: re.Match[str]) -> str:
        row = sources.get(int(marker[1]))
        if row is None:
            return marker[0]
        return format_quote(row["post_id"], row["number"], row["display_name"] or "", row["body"]).strip()

    return MARKER.sub(expand, body)


async def read_quoted_texts(tx: Reader, actor: Actor, ids: Iterable[int]) -> dict[int, QuotedText]:
    """Return the quotes with these ids whose topic the actor can see, by id, for the moderation rules.

    Quotes of hidden and withdrawn posts are included.
    """
    rows = await tx.rows(SELECT_QUOTATION_TEXTS, ids=sorted(set(ids)), **seen_by(actor))
    return {row["id"]: QuotedText(row["body"], row["html"], row["is_exact"]) for row in rows}


async def _store_quote(tx: Transaction, post_id: int, text: QuotedText) -> int:
    return int(
        await tx.value(
            INSERT_QUOTATION,
            post=post_id,
            digest=digest_of(text.body),
            body=text.body,
            html=text.html,
            exact=text.is_exact,
        )
    )
