"""Rendering of texts during a request: short ones at once, long ones in a separate process."""

from collections.abc import Collection

from core.isolation import TEXTS
from forum.text.markdown import render
from forum.text.mentions import uncertain_handles
from forum.text.sanitizer import Rendered
from forum.text.visible_html import render_visible
from members.profiles.profiles import find_member_ids
from storage.database import Database, Reader

# The slowest text of this length renders in less than 10 ms (bench/hostile.py); most posts are shorter.
INLINE_LENGTH = 2_000


async def render_text(
    body: str, *, topic: int | None = None, site: str = "", handles: Collection[str] = ()
) -> Rendered:
    """Render Markdown as `render` does, a long text in a separate process; raise TooIntricate above the limits."""
    if len(body) <= INLINE_LENGTH:
        return render(body, topic=topic, site=site, handles=handles)
    return await TEXTS.call(render, body, topic=topic, site=site, handles=handles)


async def render_post(
    source: Database | Reader, body: str, *, topic: int | None = None, site: str = ""
) -> Rendered:
    """Render a text that is about to be published; raise NothingVisible if readers would see nothing of it."""
    handles = await read_uncertain_handles(source, body)
    if len(body) <= INLINE_LENGTH:
        return render_visible(body, topic=topic, site=site, handles=handles)
    return await TEXTS.call(render_visible, body, topic=topic, site=site, handles=handles)


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
    return frozenset(await find_member_ids(tx, candidates, claimed_only=True))
