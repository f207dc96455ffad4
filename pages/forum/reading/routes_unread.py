"""The page of unread topics, and marking topics and sectors as read without scripts."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from core.http import Cursor, PathId
from core.ids import TopicId
from forum.following.read_state import mark_sector_read, mark_topic_read
from forum.following.routes_read_state import SectorSlug
from forum.following.shapes_read_state import NewReading
from forum.following.unread import count_unread, read_unread
from forum.sectors import get_sector
from members.profiles.profiles import change_profile
from members.shapes import ProfileChange
from pages.shell.context import PageContext
from pages.shell.forms import read_form, text_in, to_shape
from pages.shell.renderer import redirect

_HIGHEST_NUMBER = 2**31 - 2


@get("/unread", include_in_schema=False)
async def show_unread(
    context: NamedDependency[PageContext], sector: FromQuery[SectorSlug] = None, after: Cursor = None
) -> Response[bytes]:
    """Show the topics with unread posts, of all sectors or of one."""
    async with context.db.read() as tx:
        chosen = None if sector is None else await get_sector(tx, sector)
        page = await read_unread(tx, context.actor, sector, after)
        counts = (await count_unread(tx, context.actor)).items
    names = dict(context.renderer.community.sectors)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/reading/unread.html",
        page=page,
        counts=counts,
        sector=chosen,
        names=names,
    )


@post("/t/{topic_id:int}/{slug:str}/read", include_in_schema=False)
async def mark_topic(
    topic_id: PathId, slug: FromPath[str], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Mark all posts of a topic as read."""
    await read_form(context.request)
    async with context.db.begin() as tx:
        # The visit counts even if nothing was unread: one second of reading time.
        await mark_topic_read(
            tx, context.actor, TopicId(topic_id), NewReading(number=_HIGHEST_NUMBER, seconds=1)
        )
    return redirect(f"/t/{topic_id}/{slug}")


@post("/t/{topic_id:int}/{slug:str}/order", include_in_schema=False)
async def choose_order(
    topic_id: PathId, slug: FromPath[str], context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Choose the order in which the member reads all topics."""
    typed = await read_form(context.request)
    change = to_shape(ProfileChange, {"post_order": text_in(typed, "order")})
    async with context.db.begin() as tx:
        await change_profile(tx, context.actor, change, context.taxonomies)
    return redirect(f"/t/{topic_id}/{slug}")


@post("/s/{slug:str}/read", include_in_schema=False)
async def mark_sector(slug: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Mark all topics of a sector as read."""
    await read_form(context.request)
    async with context.db.begin() as tx:
        await mark_sector_read(tx, context.actor, slug)
    return redirect(f"/s/{slug}")


routes = [show_unread, mark_topic, choose_order, mark_sector]
