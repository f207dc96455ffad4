"""Refusals as pages: what happened, and what one can do."""

from collections.abc import Mapping

from litestar import Response

from core.actor import VISITOR, Actor
from pages.shell.renderer import AnyRequest, Renderer, html_response

_HEADINGS = {
    400: "This could not be read",
    401: "Sign in first",
    403: "You may not do this",
    404: "Nothing here",
    405: "This cannot be done here",
    409: "Something else happened first",
    412: "It was changed meanwhile",
    413: "This is too big",
    422: "Something is not acceptable",
    429: "Too many at once",
    500: "Something broke on our side",
    503: "Not available at the moment",
}
_ADVICE = {
    401: "Reading needs no account; what you wanted to do needs one.",
    403: "If you think that this is a mistake, ask somebody who administers the community.",
    404: "The address may be mistyped, what was here withdrawn, or it is not for everyone to see.",
    409: "Go back, look at how it stands now, and try again if it still makes sense.",
    412: "Go back: what you typed is still in the form. Look at the current text before you send it again.",
    429: "Nothing is lost. Wait a moment, go back, and send it again.",
    500: "It was written down. What you sent may not have been kept: go back and look.",
    503: "Nothing is lost. Try again in a minute.",
}


def refusal_page(
    renderer: Renderer, request: AnyRequest, status: int, code: str, detail: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """A refusal, or a failure of ours, as a page."""
    state = request.scope.get("state", {})
    viewer = state.get("actor", VISITOR)
    # Whoever follows a link into a room for members may be one.
    is_helped = status == 401 or (
        status == 404 and request.method == "GET" and getattr(viewer, "id", None) is None
    )
    page = renderer.render(
        request,
        viewer if isinstance(viewer, Actor) else VISITOR,
        "shell/error.html",
        status=status,
        heading=_HEADINGS.get(status, "This was refused"),
        detail=detail,
        advice=_ADVICE.get(status, "Go back: what you typed is still there."),
        code=code,
        request_id=str(state.get("request_id", "")),
        sign_in=f"/signin?next={request.url.path}" if is_helped else "",
    )
    return html_response(page, status, headers)


def wants_page(request: AnyRequest) -> bool:
    """Whether who asks is a browser that shows pages, and not a client of the API."""
    path = request.scope["path"]
    return not path.startswith(("/api/", "/static/")) and "text/html" in request.headers.get("accept", "")
