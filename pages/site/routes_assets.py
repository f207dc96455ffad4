"""Routes of the static files."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from pages.shell.assets import respond
from pages.shell.renderer import AnyRequest, Renderer


@get("/static/{address:path}", include_in_schema=False, opt={"public": True})
async def read_static(
    address: FromPath[str], request: AnyRequest, renderer: NamedDependency[Renderer]
) -> Response[bytes]:
    """Return a style sheet, a script or an icon; raise NotFound."""
    headers = request.headers
    return respond(
        renderer.static_files, address, headers.get("if-none-match"), headers.get("accept-encoding", "")
    )


@get("/favicon.ico", include_in_schema=False)
async def read_favicon(request: AnyRequest, renderer: NamedDependency[Renderer]) -> Response[bytes]:
    """Return the icon that browsers request by themselves."""
    return respond(
        renderer.static_files,
        f"{renderer.static_files.version}/en/icon.svg",
        request.headers.get("if-none-match"),
        "",
    )


routes = [read_static, read_favicon]
