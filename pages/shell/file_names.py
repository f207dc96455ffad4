"""URLs with a file extension: the file's name, and calendars as responses."""

from litestar import Response

from core.errors import NotFound
from core.http import etag_matches, etag_of

_TYPE = "text/calendar"


def name_in(file: str, ending: str) -> str:
    """Return the file's name without this extension; raise NotFound if it has another one."""
    name, dot, kind = file.rpartition(".")
    if not dot or kind != ending:
        raise NotFound
    return name


def respond(body: bytes, name: str, if_none_match: str | None) -> Response[bytes]:
    """Return a calendar as a response with an ETag."""
    etag = etag_of(body)
    headers = {
        "ETag": etag,
        "Cache-Control": "no-cache",
        # Names and lists are in the language of the reader.
        "Vary": "Cookie, Accept-Language",
        "Content-Disposition": f'inline; filename="{name}.ics"',
    }
    if etag_matches(if_none_match, etag):
        return Response(b"", status_code=304, headers=headers, media_type=_TYPE)
    return Response(body, headers=headers, media_type=_TYPE)
