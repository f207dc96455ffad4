"""Bare links to topics, shown with the topic's title while everybody can read the topic."""

import re
from collections.abc import Sequence
from html import escape

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.languages.names import local
from forum.tables import topics
from forum.visibility import is_for_everyone
from storage.database import Reader
from storage.statements import statement

# A link whose text is its own address. A link with a text of the author's choice stays as it is.
_BARE_LINK = re.compile(
    r'(<a href="/t/(\d{1,12})(?:/(?:[a-z0-9-]*[a-z-][a-z0-9-]*/?)?(\d{1,9})?)?" rel="[^"]*">)'
    r"(?:https?://[^<\"/]+)?/t/[^<]*</a>"
)
# Most texts have no link to a topic, and looking for this costs almost nothing.
_ANY_LINK = '<a href="/t/'
SELECT_PUBLIC_TOPIC_TITLES = statement(
    select(topics.c.id, topics.c.title, topics.c.titles).where(
        topics.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), is_for_everyone()
    )
)


async def add_topic_titles(tx: Reader, texts: Sequence[str]) -> list[str] | None:
    """Return the rendered texts with topic titles in place of bare links, or None if no text has a bare link.

    One statement reads the titles for all texts.
    """
    ids = {int(link[2]) for html in texts if _ANY_LINK in html for link in _BARE_LINK.finditer(html)}
    if not ids:
        return None
    found = await tx.rows(SELECT_PUBLIC_TOPIC_TITLES, ids=sorted(ids))
    titles = {row["id"]: local(row["title"], row["titles"]) for row in found}

    def add_title(link: re.Match[str]) -> str:
        title = titles.get(int(link[2]))
        if title is None:
            return link[0]
        number = f", #{link[3]}" if link[3] else ""
        return f"{link[1]}<bdi>{escape(title)}</bdi>{number}</a>"

    return [_BARE_LINK.sub(add_title, html) if _ANY_LINK in html else html for html in texts]
