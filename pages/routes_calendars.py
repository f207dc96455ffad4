"""Calendars to subscribe to: the same for everyone, so that no address of one is a secret."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import NotFound
from core.http import IfNoneMatch, etag_of, matches
from core.ids import GatheringId
from gatherings.programme import calendars
from storage.database import Database

_TYPE = "text/calendar"


@get("/feeds/gatherings/{calendar:str}", include_in_schema=False)
async def show_gathering_calendar(
    calendar: FromPath[str], db: NamedDependency[Database], if_none_match: IfNoneMatch = None
) -> Response[bytes]:
    """A gathering and its programme."""
    name, number = name_in(calendar, "ics"), 0
    if name.isascii() and name.isdecimal() and len(name) < 19:
        number = int(name)
    async with db.read() as tx:
        body = await calendars.gathering_calendar(tx, GatheringId(number), db.site)
    return respond(body, f"gathering-{number}", if_none_match)


def name_in(file: str, ending: str) -> str:
    """The name of a file with this ending; `NotFound` if it has another."""
    name, dot, kind = file.rpartition(".")
    if not dot or kind != ending:
        raise NotFound
    return name


def respond(body: bytes, name: str, if_none_match: str | None) -> Response[bytes]:
    """A calendar as a response."""
    etag = etag_of(body)
    headers = {
        "ETag": etag,
        "Cache-Control": "no-cache",
        "Content-Disposition": f'inline; filename="{name}.ics"',
    }
    if matches(if_none_match, etag):
        return Response(b"", status_code=304, headers=headers, media_type=_TYPE)
    return Response(body, headers=headers, media_type=_TYPE)


routes = [show_gathering_calendar]
