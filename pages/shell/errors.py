"""Error pages: what happened, and what the reader can do next."""

from collections.abc import Mapping
from urllib.parse import quote

from litestar import Response

from core.actor import VISITOR, Actor
from core.languages.texts import gettext, ngettext, translatable
from pages.shell.renderer import AnyRequest, Renderer, html_response
from pages.shell.urls import page_of, sign_in_address

_HEADINGS = {
    400: translatable("This could not be read"),
    401: translatable("Sign in first"),
    403: translatable("You cannot do this"),
    404: translatable("Page not found"),
    405: translatable("This is not possible here"),
    409: translatable("Something else happened first"),
    412: translatable("Somebody else changed this"),
    413: translatable("This is too big"),
    422: translatable("Something needs to be corrected"),
    429: translatable("Too many requests"),
    500: translatable("Something went wrong"),
    503: translatable("Temporarily unavailable"),
}
_ADVICE = {
    401: translatable("You can read without an account, but you need one for this."),
    403: translatable("If you think this is a mistake, ask an administrator of the community."),
    404: translatable(
        "The address may be wrong, the page may have been removed, or you may not have access to it."
    ),
    409: translatable("Go back, check the current state, and try again if you still want to."),
    412: translatable(
        "Go back: what you typed is still in the form. Check the current text before you send it again."
    ),
    500: translatable("The error was logged. What you sent may not have been saved: go back and check."),
    503: translatable("Nothing is lost. Try again in a minute."),
}
_GO_BACK = translatable("Go back: what you typed is still there.")
_NOT_POSSIBLE = translatable("This was not possible")


def _advice(status: int, headers: Mapping[str, str]) -> str:
    if status != 429:
        advice = _ADVICE.get(status, _GO_BACK)
        return gettext(advice)
    seconds = int(headers.get("Retry-After", "60"))
    if seconds < 60:
        return ngettext(
            "Wait a second, go back, and send it again.",
            "Wait %(num)s seconds, go back, and send it again.",
            seconds,
        )
    return ngettext(
        "Wait a minute, go back, and send it again.",
        "Wait %(num)s minutes, go back, and send it again.",
        1 if seconds < 120 else (seconds + 59) // 60,
    )


def refusal_page(
    renderer: Renderer, request: AnyRequest, status: int, code: str, detail: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """Return a refusal or a server error as a page, with the status and headers of the HTTP response."""
    state = request.scope.get("state", {})
    viewer = state.get("actor", VISITOR)
    # Somebody who follows a link to a members-only page may be a member who is not signed in.
    is_helped = status == 401 or (
        status == 404 and request.method == "GET" and getattr(viewer, "id", None) is None
    )
    heading = _HEADINGS.get(status, _NOT_POSSIBLE)
    page = renderer.render(
        request,
        viewer if isinstance(viewer, Actor) else VISITOR,
        "shell/error.html",
        status=status,
        heading=gettext(heading),
        detail=detail,
        advice=_advice(status, headers),
        code=code,
        request_id=str(state.get("request_id", "")),
        sign_in=sign_in_address(page_of(_here(request))) if is_helped else "",
    )
    return html_response(page, status, headers)


def _here(request: AnyRequest) -> str:
    """Return the path of a request, with the query of a page."""
    path, query = quote(request.scope["path"]), request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query and request.method == "GET" else path


def wants_page(request: AnyRequest) -> bool:
    """Return whether the client is a browser that asks for a page, not a client of the API."""
    path = request.scope["path"]
    return not path.startswith(("/api/", "/static/")) and "text/html" in request.headers.get("accept", "")
