"""Routes of the static files."""

import re

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from community.settings.colours import style_of
from core.errors import NotFound
from pages.shell.appearance.appearance import Appearance
from pages.shell.assets.static_files import respond
from pages.shell.renderer import AnyRequest, Renderer

_COLOUR_FILE = re.compile(r"([0-9a-f]{6})(?:\.(light|dark))?\.css")


@get("/static/{address:path}", include_in_schema=False, opt={"public": True})
async def read_static(
    address: FromPath[str], request: AnyRequest, renderer: NamedDependency[Renderer]
) -> Response[bytes]:
    """Return a style sheet, a script or an icon; raise NotFound."""
    headers = request.headers
    return await respond(
        renderer.static_files, address, headers.get("if-none-match"), headers.get("accept-encoding", "")
    )


@get("/favicon.ico", include_in_schema=False)
async def read_favicon(request: AnyRequest, renderer: NamedDependency[Renderer]) -> Response[bytes]:
    """Return the icon that browsers request by themselves."""
    return await respond(
        renderer.static_files,
        f"{renderer.static_files.version}/en/icon.svg",
        request.headers.get("if-none-match"),
        "",
    )


@get("/colour/{name:str}", include_in_schema=False, opt={"public": True})
async def read_colour(name: FromPath[str]) -> Response[bytes]:
    """Return the style sheet of a colour in a theme, which follows from its name; raise NotFound."""
    found = _COLOUR_FILE.fullmatch(name)
    if not found:
        raise NotFound
    style = Appearance(found[2] or "system").apply(style_of(f"#{found[1]}"))
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(style.encode(), headers=headers, media_type="text/css")


routes = [read_static, read_favicon, read_colour]
