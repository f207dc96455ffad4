"""Pages: home, the list of sectors, and help."""

from litestar import Response, get
from litestar.di import NamedDependency

from forum.following.unread import count_unread_by_sector, find_unread_marks
from forum.sectors import read_sectors
from forum.topics.listing import read_latest
from gatherings.gatherings import find_gatherings, read_gatherings
from gatherings.programme.reading import read_current_sessions
from gatherings.rooms.rooms import read_open_rooms, with_presence
from pages.gatherings.programme_view import on_now
from pages.shell.context import PageContext
from pages.shell.renderer import safe
from pages.site.routes_about import changed_pages

_LATEST_TOPICS = 12
_NEXT_GATHERINGS = 3


@get("/", include_in_schema=False)
async def show_home(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show what is live now, the next events, recent activity, and the sectors."""
    actor = context.actor
    async with context.db.read() as tx:
        rooms = [with_presence(room, context.presence) for room in await read_open_rooms(tx, actor)]
        running = await read_current_sessions(tx, actor)
        of_running = await find_gatherings(tx, [session.gathering for session in running])
        coming = (await read_gatherings(tx, "upcoming", count=_NEXT_GATHERINGS)).items
        topics = await read_latest(tx, actor, _LATEST_TOPICS)
        sectors = (await read_sectors(tx, context.db.epoch)).items
        marks = await find_unread_marks(tx, actor, [topic.id for topic in topics])
        left = await count_unread_by_sector(tx, actor)
    return context.renderer.page(
        context.request,
        actor,
        "site/home.html",
        marks=marks,
        left=left,
        gatherings=coming,
        topics=topics,
        sectors=sectors,
        on=on_now(running, of_running, rooms),
        changed=changed_pages(context),
        safe=safe,
    )


@get("/s", include_in_schema=False)
async def show_sectors(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show all sectors."""
    async with context.db.read() as tx:
        sectors = (await read_sectors(tx, context.db.epoch)).items
        left = await count_unread_by_sector(tx, context.actor)
    return context.renderer.page(
        context.request, context.actor, "forum/topics/sectors.html", sectors=sectors, left=left
    )


@get("/help", include_in_schema=False)
async def show_help(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the help: keyboard shortcuts, writing, and live updates."""
    return context.renderer.page(context.request, context.actor, "site/help.html")


routes = [show_home, show_sectors, show_help]
