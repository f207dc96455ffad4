"""HTTP routes of the contributions of a member."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from core.http import Cursor
from forum.contributions import contributions
from forum.contributions.shapes import AuthoredPosts, AuthoredTopics, ContributionCounts
from storage.database import Database


@get("/members/{handle:str}/posts", operation_id="read_member_posts")
async def read_posts(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database], after: Cursor = None
) -> AuthoredPosts:
    """Return one page of the posts under a member's name that the caller can see, the latest first."""
    async with db.read() as tx:
        return await contributions.read_authored_posts(tx, actor, handle, after)


@get("/members/{handle:str}/answers", operation_id="read_member_answers")
async def read_answers(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database], after: Cursor = None
) -> AuthoredPosts:
    """Return one page of a member's posts that are the accepted answer of their topic, the latest first."""
    async with db.read() as tx:
        return await contributions.read_authored_posts(tx, actor, handle, after, accepted=True)


@get("/members/{handle:str}/topics", operation_id="read_member_topics")
async def read_topics(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database], after: Cursor = None
) -> AuthoredTopics:
    """Return one page of the topics that a member started and the caller can see, the latest first."""
    async with db.read() as tx:
        return await contributions.read_started_topics(tx, actor, handle, after)


@get("/members/{handle:str}/counts", operation_id="count_member_contributions")
async def count(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> ContributionCounts:
    """Count the contributions of a member that the caller can see."""
    async with db.read() as tx:
        return await contributions.count_contributions(tx, actor, handle)


contribution_routes = [read_posts, read_answers, read_topics, count]
