"""Home, the sectors, help."""

from litestar import Response, get
from litestar.di import NamedDependency

from core.actor import Actor
from forum.following.unread import count_unread_by_sector, find_unread_marks
from forum.sectors import read_sectors
from forum.topics.listing import read_latest
from gatherings.gatherings import find_gatherings, read_gatherings
from gatherings.programme.reading import read_current_sessions
from gatherings.rooms.rooms import Presence, read_open_rooms, with_presence
from pages.gatherings.programme_view import on_now
from pages.shell.renderer import AnyRequest, Renderer
from storage.database import Database

_LATEST = 12
_NEXT = 3


@get("/", include_in_schema=False)
async def show_home(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    presence: NamedDependency[Presence],
) -> Response[bytes]:
    """What is live now, what is next, what moved, and the sectors."""
    async with db.read() as tx:
        rooms = [with_presence(room, presence) for room in await read_open_rooms(tx, actor)]
        running = await read_current_sessions(tx, actor)
        of_running = await find_gatherings(tx, [session.gathering for session in running])
        coming = (await read_gatherings(tx, "upcoming", count=_NEXT)).items
        topics = await read_latest(tx, actor, _LATEST)
        sectors = (await read_sectors(tx, db.epoch)).items
        marks = await find_unread_marks(tx, actor, [topic.id for topic in topics])
        left = await count_unread_by_sector(tx, actor)
    return renderer.page(
        request,
        actor,
        "site/home.html",
        marks=marks,
        left=left,
        gatherings=coming,
        topics=topics,
        sectors=sectors,
        on=on_now(running, of_running, rooms),
    )


@get("/s", include_in_schema=False)
async def show_sectors(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """All sectors."""
    async with db.read() as tx:
        sectors = (await read_sectors(tx, db.epoch)).items
        left = await count_unread_by_sector(tx, actor)
    return renderer.page(request, actor, "forum/topics/sectors.html", sectors=sectors, left=left)


@get("/help", include_in_schema=False)
async def show_help(
    request: AnyRequest, actor: NamedDependency[Actor], renderer: NamedDependency[Renderer]
) -> Response[bytes]:
    """Keys, writing, what live means."""
    return renderer.page(request, actor, "site/help.html")


routes = [show_home, show_sectors, show_help]
