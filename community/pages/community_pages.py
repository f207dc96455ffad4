"""Community rules, privacy notice, terms and imprint, in versions. Older versions stay, because members accepted them."""

import msgspec

from community.shapes import (
    CommunityPage,
    CommunityPageChange,
    CommunityPageList,
    CommunityPageName,
    CommunityPageVersion,
    CommunityPageVersions,
)
from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.text import tidy
from forum.text.rendering import render_text
from members.policy import ensure_can_administer
from storage.cache import Refreshed
from storage.database import Database, Reader, Transaction
from storage.statements import statement

_SELECT_PAGES_IN_FORCE = statement("""
SELECT page, version, is_announced, published_at FROM (
    SELECT DISTINCT ON (page) page, version, is_announced, published_at, texts FROM community_pages
    ORDER BY page, version DESC) newest
WHERE texts <> '{}' ORDER BY array_position(CAST('{rules,privacy,terms,imprint}' AS text[]), page)
""")
_SELECT_PAGE_VERSIONS = statement("""
SELECT page, version, is_announced, published_at FROM community_pages
WHERE page = :page ORDER BY version DESC LIMIT 200
""")
_SELECT_COMMUNITY_PAGE = statement("""
SELECT page, version, is_announced, published_at, texts, html,
    (SELECT max(version) FROM community_pages n WHERE n.page = :page) AS newest
FROM community_pages WHERE page = :page AND (CAST(:version AS int) IS NULL OR version = :version)
ORDER BY version DESC LIMIT 1
""")
_INSERT_COMMUNITY_PAGE = statement("""
INSERT INTO community_pages (page, version, texts, html, is_announced, published_at, published_by)
VALUES (:page, :version, CAST(:texts AS jsonb), CAST(:html AS jsonb), :is_announced, :now, :by) ON CONFLICT DO NOTHING
""")


class CommunityPages:
    """The community pages in force as one process knows them, at most 1.5 s late."""

    def __init__(self, db: Database) -> None:
        self.listed: Refreshed[CommunityPageList] = Refreshed(db, read_community_pages, CommunityPageList([]))


async def read_community_pages(tx: Reader) -> CommunityPageList:
    """Return the newest version of each page that has a text, in their order."""
    return CommunityPageList([CommunityPageVersion(**row) for row in await tx.rows(_SELECT_PAGES_IN_FORCE)])


async def find_community_page(
    tx: Reader, page: CommunityPageName, version: int | None = None
) -> CommunityPage | None:
    """Return a page in this version, or in the newest one, also if it was taken down; None if there is none."""
    row = await tx.row(_SELECT_COMMUNITY_PAGE, page=page, version=version)
    return None if row is None else CommunityPage(**row)


async def read_community_page(
    tx: Reader, page: CommunityPageName, version: int | None = None
) -> CommunityPage:
    """Return a page in this version, or in the one in force; raise NotFound if it has no text."""
    found = await find_community_page(tx, page, version)
    if found is None or not found.texts:
        raise NotFound
    return found


async def read_versions(tx: Reader, page: CommunityPageName) -> CommunityPageVersions:
    """Return the versions of a page, the newest first."""
    return CommunityPageVersions(
        [CommunityPageVersion(**row) for row in await tx.rows(_SELECT_PAGE_VERSIONS, page=page)]
    )


async def render_texts(actor: Actor, change: CommunityPageChange) -> dict[str, str]:
    """Return the HTML of each text; raise AdministratorsOnly or TooIntricate."""
    ensure_can_administer(actor)
    return {language: (await render_text(tidy(text))).html for language, text in change.texts.items()}


async def publish_community_page(
    tx: Transaction, actor: Actor, page: CommunityPageName, change: CommunityPageChange, html: dict[str, str]
) -> CommunityPage:
    """Publish the next version of a page, or return the newest if nothing changes; raise AdministratorsOnly or Stale."""
    ensure_can_administer(actor)
    texts = {language: tidy(text) for language, text in change.texts.items()}
    newest = await find_community_page(tx, page)
    if newest is not None and newest.texts == texts:
        return newest
    is_next = change.version == (newest.version if newest else 0)
    if not is_next or not await tx.run(
        _INSERT_COMMUNITY_PAGE,
        page=page,
        version=change.version + 1,
        texts=msgspec.json.encode(texts).decode(),
        html=msgspec.json.encode(html).decode(),
        is_announced=change.is_announced and bool(texts),
        now=clock.now(),
        by=actor.signed_in(),
    ):
        raise Stale(await find_community_page(tx, page))
    tx.audit("community_page_published", actor.id, page=page, version=change.version + 1)
    published = await find_community_page(tx, page)
    assert published is not None
    return published
