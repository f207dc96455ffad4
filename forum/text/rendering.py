"""Rendering of texts during a request: short ones at once, long ones in a thread."""

import re
from collections.abc import Collection

from core.threads import in_thread
from core.visible import NothingVisible, is_visible
from forum.text.excerpts import words_of_html
from forum.text.markdown import render
from forum.text.mentions import uncertain_handles
from forum.text.sanitizer import Rendered
from storage.database import Database, Reader
from storage.statements import statement

# The slowest text of this length renders in less than 10 ms (bench/hostile.py); most posts are shorter.
INLINE_LENGTH = 2_000

# Letters or digits of ASCII outside of tags and entities: most texts need no closer look.
_PLAIN_WORDS = re.compile(r">[^<&]*[A-Za-z0-9]")
_VISIBLE_TAG = re.compile(r'<(?:img|hr|input|blockquote class="quote") ?')
_SELECT_HANDLES = statement(
    "SELECT handle FROM members WHERE handle = ANY(CAST(:handles AS text[])) AND is_claimed"
)


async def render_text(
    body: str, *, topic: int | None = None, site: str = "", handles: Collection[str] = ()
) -> Rendered:
    """Render Markdown as `render` does, in a thread if the text is long; raise TooIntricate above the limits."""
    if len(body) <= INLINE_LENGTH:
        return render(body, topic=topic, site=site, handles=handles)
    return await in_thread(render, body, topic=topic, site=site, handles=handles)


async def render_post(
    source: Database | Reader, body: str, *, topic: int | None = None, site: str = ""
) -> Rendered:
    """Render a text that is about to be published; raise NothingVisible if readers would see nothing of it.

    A text of link definitions or of entities such as `&#8203;` has visible characters only in its source.
    """
    handles = await read_uncertain_handles(source, body)
    rendered = await render_text(body, topic=topic, site=site, handles=handles)
    page = rendered.html
    if not (_PLAIN_WORDS.search(page) or _VISIBLE_TAG.search(page) or is_visible(words_of_html(page))):
        raise NothingVisible(field="body")
    return rendered


async def read_uncertain_handles(source: Database | Reader, body: str) -> frozenset[str]:
    """Return which of the handles that the mentions of a text may be belong to members.

    A text whose mentions have a visible end, as in scripts with spaces, costs no statement.
    """
    candidates = uncertain_handles(body)
    if not candidates:
        return frozenset()
    if isinstance(source, Reader):
        return await _read_handles(source, candidates)
    async with source.read() as tx:
        return await _read_handles(tx, candidates)


async def _read_handles(tx: Reader, candidates: list[str]) -> frozenset[str]:
    return frozenset(row["handle"] for row in await tx.rows(_SELECT_HANDLES, handles=candidates))
