"""Quotes in rendered HTML: each placeholder of a stored post is replaced by the quote when the post is shown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from asyncpg import Record
from msgspec.structs import replace
from sqlalchemy import BigInteger, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.languages.texts import gettext
from forum.shapes import Post
from forum.tables import posts, topics
from forum.tables_writing import quotations
from forum.text.topic_links import add_topic_titles
from forum.visibility import is_for_everyone, posts_not_held, quotable_text
from members.tables import members
from storage.database import Reader
from storage.statements import statement

_FIRST_DIRECTION = re.compile(r'<[^>]* dir="(rtl|ltr)"')
_PLACEHOLDER = re.compile(r'<blockquote class="quote" data-quote="(\d{1,18})"></blockquote>')

SELECT_QUOTATIONS_TO_SHOW = statement(
    select(
        quotations.c.id,
        quotations.c.post_id,
        quotations.c.is_exact,
        posts.c.topic_id,
        posts.c.number,
        posts.c.state,
        members.c.display_name,
        is_for_everyone().label("is_open"),
        quotable_text().label("is_quotable"),
        case((posts.c.state == "published", quotations.c.html)).label("html"),
    )
    .join(posts, posts.c.id == quotations.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .where(quotations.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), posts_not_held())
)


async def embed_quotes(tx: Reader, stored: Sequence[Post]) -> list[Post]:
    """Return the posts with their quotes and the titles of linked topics in their HTML.

    Runs at most two statements for all posts, and none if no post has a quote or a bare link to a topic.
    """
    texts = await embed_quotes_in_html(tx, [(post.topic, post.html or "") for post in stored])
    if texts is None:
        return list(stored)
    return [
        post if post.html is None or post.html == text else replace(post, html=text)
        for post, text in zip(stored, texts, strict=True)
    ]


async def embed_quotes_in_html(tx: Reader, texts: Sequence[tuple[int, str]]) -> list[str] | None:
    """Return the HTML of each (topic id, HTML) with its quotes and the titles of linked topics; None if nothing changes.

    A quote is shown to everyone who can read the text, so only posts of the same topic or of a public one are quoted.
    """
    ids = [int(id) for _, html in texts if "data-quote=" in html for id in _PLACEHOLDER.findall(html)]
    with_quotes = [html for _, html in texts]
    if ids:
        rows = await _read_quotations(tx, ids)
        with_quotes = [_fill_placeholders(html, rows, topic_id) for topic_id, html in texts]
    with_titles = await add_topic_titles(tx, with_quotes)
    return with_titles or (with_quotes if ids else None)


async def _read_quotations(tx: Reader, ids: Iterable[int]) -> Mapping[int, Record]:
    rows = await tx.rows(SELECT_QUOTATIONS_TO_SHOW, ids=sorted(set(ids)))
    return {row["id"]: row for row in rows}


def _fill_placeholders(html: str, rows: Mapping[int, Record], topic_id: int) -> str:
    return _PLACEHOLDER.sub(
        lambda placeholder: _blockquote_html(rows.get(int(placeholder[1])), topic_id), html
    )


def _blockquote_html(row: Record | None, topic_id: int) -> str:
    if row is None or not (row["is_open"] or row["topic_id"] == topic_id):
        return f'<blockquote class="quote gone"><p>{_not_shown()}</p></blockquote>'
    name = escape(row["display_name"] or gettext("Anonymous"))
    link = f'<a href="/p/{row["post_id"]}"><bdi>{name}</bdi>, #{row["number"]}</a>'
    if not _is_shown(row, topic_id):
        return f'<blockquote class="quote gone"><p class="of">{link}</p><p>{_not_shown()}</p></blockquote>'
    # NOTE: a link with the name of an author and the number of a post
    source = link if row["is_exact"] else escape(gettext("Paraphrased from %(source)s")) % {"source": link}
    # The line that names the author is on the side where the quoted words begin.
    direction = _FIRST_DIRECTION.match(row["html"])
    is_from_right = direction is not None and direction[1] == "rtl"
    tag = '<blockquote class="quote" dir="rtl">' if is_from_right else '<blockquote class="quote">'
    return f'{tag}<p class="of">{source}</p>{row["html"]}</blockquote>'


def _not_shown() -> str:
    return escape(gettext("What was quoted here is not shown."))


def _is_shown(row: Record, topic_id: int) -> bool:
    return row["html"] is not None and (row["is_quotable"] or row["topic_id"] == topic_id)
