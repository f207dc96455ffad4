"""HTTP routes of community pages."""

from typing import Annotated

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from community.pages import community_pages
from community.shapes import (
    CommunityPage,
    CommunityPageChange,
    CommunityPageList,
    CommunityPageName,
    CommunityPageVersions,
)
from core.actor import Actor
from storage.database import Database

Version = Annotated[int | None, QueryParameter(name="version", ge=1, le=1_000_000)]


@get("/community-pages", operation_id="read_community_pages")
async def read_community_pages(db: NamedDependency[Database]) -> CommunityPageList:
    """List the community pages that have a text: community rules, privacy notice, terms, imprint."""
    async with db.read() as tx:
        return await community_pages.read_community_pages(tx)


@get("/community-pages/{community_page:str}", operation_id="read_community_page")
async def read_community_page(
    community_page: FromPath[CommunityPageName], db: NamedDependency[Database], version: Version = None
) -> CommunityPage:
    """Return a community page in all its languages, in force or in an older version."""
    async with db.read() as tx:
        return await community_pages.read_community_page(tx, community_page, version)


@get("/community-pages/{community_page:str}/versions", operation_id="read_community_page_versions")
async def read_versions(
    community_page: FromPath[CommunityPageName], db: NamedDependency[Database]
) -> CommunityPageVersions:
    """List the versions of a community page, the newest first."""
    async with db.read() as tx:
        return await community_pages.read_versions(tx, community_page)


@put("/community-pages/{community_page:str}", operation_id="publish_community_page")
async def publish_community_page(
    community_page: FromPath[CommunityPageName],
    data: JSONBody[CommunityPageChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> CommunityPage:
    """Publish the next version of a community page; members are told of it unless `is_announced` is false."""
    html = await community_pages.render_texts(actor, data)
    async with db.begin() as tx:
        return await community_pages.publish_community_page(tx, actor, community_page, data, html)


routes = [read_community_pages, read_community_page, read_versions, publish_community_page]
