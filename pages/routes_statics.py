"""Static files by HTTP."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from pages.press import AnyRequest, Press
from pages.statics import respond


@get("/static/{address:path}", include_in_schema=False, opt={"public": True})
async def read_static(
    address: FromPath[str], request: AnyRequest, press: NamedDependency[Press]
) -> Response[bytes]:
    """A style sheet, a script or an icon."""
    headers = request.headers
    return respond(press.statics, address, headers.get("if-none-match"), headers.get("accept-encoding", ""))


@get("/favicon.ico", include_in_schema=False)
async def read_favicon(request: AnyRequest, press: NamedDependency[Press]) -> Response[bytes]:
    """What browsers ask for unasked."""
    return respond(
        press.statics, f"{press.statics.version}/icon.svg", request.headers.get("if-none-match"), ""
    )


routes = [read_static, read_favicon]
