"""Calendars to subscribe to; they are the same for everyone, so their URLs contain no secret."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.http import IfNoneMatch
from core.ids import GatheringId
from gatherings.programme import calendars
from pages.shell.file_names import name_in, respond
from storage.database import Database


@get("/feeds/gatherings/{calendar:str}", include_in_schema=False)
async def show_gathering_calendar(
    calendar: FromPath[str], db: NamedDependency[Database], if_none_match: IfNoneMatch = None
) -> Response[bytes]:
    """Return a gathering and its programme as a calendar; raise NotFound."""
    name, number = name_in(calendar, "ics"), 0
    if name.isascii() and name.isdecimal() and len(name) < 19:
        number = int(name)
    async with db.read() as tx:
        body = await calendars.render_gathering_calendar(tx, GatheringId(number), db.site)
    return respond(body, f"gathering-{number}", if_none_match)


routes = [show_gathering_calendar]
