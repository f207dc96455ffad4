"""Links to topics, shown by their titles: where everybody can read the topic, and only as long as that is so."""

import re
from collections.abc import Sequence
from html import escape

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from forum.tables import topics
from forum.visibility import is_for_everyone
from storage.database import Reader
from storage.statements import statement

# A link that says nothing but where it leads; what somebody has called it stays as it is.
_BARE = re.compile(
    r'(<a href="/t/(\d{1,12})(?:/(?:[a-z0-9-]*[a-z-][a-z0-9-]*/?)?(\d{1,9})?)?" rel="[^"]*">)'
    r"(?:https?://[^<\"/]+)?/t/[^<]*</a>"
)
_TITLES = statement(
    select(topics.c.id, topics.c.title).where(
        topics.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), is_for_everyone()
    )
)


async def add_topic_titles(tx: Reader, texts: Sequence[str]) -> list[str] | None:
    """Rendered texts with titles for bare links to topics, in one statement for all; None if there are none."""
    ids = {int(link[2]) for html in texts if 'href="/t/' in html for link in _BARE.finditer(html)}
    if not ids:
        return None
    titles = {row["id"]: row["title"] for row in await tx.rows(_TITLES, ids=sorted(ids))}

    def named(link: re.Match[str]) -> str:
        title = titles.get(int(link[2]))
        if title is None:
            return link[0]
        number = f", #{link[3]}" if link[3] else ""
        return f"{link[1]}<bdi>{escape(title)}</bdi>{number}</a>"

    return [_BARE.sub(named, html) for html in texts]
