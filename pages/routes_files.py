"""Files, as browsers have them: never run, never guessed at, never kept by others."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from core.http import PathId
from forum.files import address_of, read_file
from pages.routes_members import Study

Name = Annotated[str, PathParameter(max_length=300)]

# Images that we have drawn are shown; everything else is only ever saved.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/webp"})


@get("/files/{file_id:int}/{name:str}", include_in_schema=False)
async def have_file(file_id: PathId, name: Name, study: NamedDependency[Study]) -> Response[bytes]:
    """A file, for who can see a post that uses it."""
    async with study.db.read() as tx:
        found = await read_file(tx, study.actor, file_id)
    # The name came in the address: only what is plain in it may go into a header.
    plain = address_of(file_id, name).rpartition("/")[2]
    way = "inline" if found.media_type in _SHOWN else f'attachment; filename="{plain}"'
    headers = {
        "Content-Disposition": way,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


routes = [have_file]
