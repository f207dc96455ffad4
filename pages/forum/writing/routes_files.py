"""Downloads of attachments, with headers that stop browsers from running them and caches from storing them."""

from html import escape
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from core.http import PathId, content_disposition
from core.languages.texts import gettext
from forum.files.files import FileHidden, read_file
from pages.shell.context import PageContext

Name = Annotated[str, PathParameter(max_length=300)]

# Images that the server has re-encoded are shown inline; all other files are downloaded.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp"})

_HIDDEN_IMAGE = """<svg xmlns="http://www.w3.org/2000/svg" width="320" height="80" role="img">
<title>{text}</title><rect width="320" height="80" fill="#8883"/>
<text x="160" y="46" font-family="sans-serif" font-size="16" text-anchor="middle" fill="#777">
{text}</text></svg>
"""


@get("/files/{file_id:int}/{name:str}", include_in_schema=False)
async def download_file(
    file_id: PathId, name: Name, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Return a file if the actor can see a post that uses it; raise NotFound or FileHidden."""
    try:
        async with context.db.read() as tx:
            found = await read_file(tx, context.actor, file_id)
    except FileHidden:
        # An image element gets a placeholder image; somebody who opens the file itself gets the error page.
        if not context.request.headers.get("accept", "").startswith("image/"):
            raise
        headers = {"Cache-Control": "private, no-store"}
        image = _HIDDEN_IMAGE.format(text=escape(gettext("Hidden by moderators"))).encode()
        return Response(image, status_code=403, media_type="image/svg+xml", headers=headers)
    # The name in the URL is for people who read it; the download has the name of the file.
    headers = {
        "Content-Disposition": content_disposition(
            "inline" if found.media_type in _SHOWN else "attachment", found.name
        ),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


routes = [download_file]
