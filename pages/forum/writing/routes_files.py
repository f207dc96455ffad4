"""Files, as browsers have them: never run, never guessed at, never kept by others."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from core.http import PathId
from forum.files.files import FileHidden, file_url, read_file
from pages.shell.context import PageContext

Name = Annotated[str, PathParameter(max_length=300)]

# Images that we have drawn are shown; everything else is only ever saved.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp"})


_PLACE = b"""<svg xmlns="http://www.w3.org/2000/svg" width="320" height="80" role="img">
<title>Hidden by moderators</title><rect width="320" height="80" fill="#8883"/>
<text x="160" y="46" font-family="sans-serif" font-size="16" text-anchor="middle" fill="#777">
Hidden by moderators</text></svg>
"""


@get("/files/{file_id:int}/{name:str}", include_in_schema=False)
async def have_file(file_id: PathId, name: Name, context: NamedDependency[PageContext]) -> Response[bytes]:
    """A file, for who can see a post that uses it."""
    try:
        async with context.db.read() as tx:
            found = await read_file(tx, context.actor, file_id)
    except FileHidden:
        # Where a picture stood in a text, its place says so; whoever opens the file itself reads it as a page.
        if not context.request.headers.get("accept", "").startswith("image/"):
            raise
        headers = {"Cache-Control": "private, no-store"}
        return Response(_PLACE, status_code=403, media_type="image/svg+xml", headers=headers)
    # The name came in the address: only what is plain in it may go into a header.
    plain = file_url(file_id, name).rpartition("/")[2]
    way = "inline" if found.media_type in _SHOWN else f'attachment; filename="{plain}"'
    headers = {
        "Content-Disposition": way,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


routes = [have_file]
