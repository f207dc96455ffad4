"""Refusals to HTTP: problem documents (RFC 9457) for all that can go wrong."""

from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from msgspec import UNSET, Struct, UnsetType

from core import errors
from core.http import status_of
from pages.shell.errors import refusal_page, wants_page
from pages.shell.renderer import Renderer
from tertulia.http.json_requests import refusal_of

log = structlog.get_logger()

TITLES = {
    400: "Malformed",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Wrong method",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too big",
    415: "Wrong media type",
    422: "Not acceptable",
    429: "Too many requests",
    500: "Something broke",
    503: "Not available",
}
_CODES = {
    401: "sign_in_first",
    403: "denied",
    405: "method_not_allowed",
    413: "too_big",
    415: "unsupported_media_type",
    429: "too_many",
}


class Problem(Struct, frozen=True, kw_only=True):
    """A problem document; `code` is stable and public, `field` names the part of the input, `current` what is there,
    `meanwhile` what happened since the version given."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    field: str | UnsetType = UNSET
    current: object = UNSET
    meanwhile: object = UNSET


def problem_of(error: Exception) -> tuple[Problem, dict[str, str]]:
    """What an exception is answered with, and the headers that go with it."""
    if isinstance(error, errors.Refusal):
        return _refused(error)
    if isinstance(error, ValidationException):
        return _unreadable(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _framework(error)
    return _plain(500, "internal", "Something broke on our side. It was written down."), {}


def respond_to_error(
    renderer: Renderer, request: Request[Any, Any, Any], error: Exception
) -> Response[bytes]:
    """The one exception handler: a problem document, or a page for browsers; a log line for what nobody foresaw."""
    problem, headers = problem_of(error)
    if problem.code == "invalid" and problem.field in request.scope.get("path_params", {}):
        # An address that no id can have is an address of nothing.
        problem, headers = problem_of(errors.NotFound())
    if problem.status >= 500 and not isinstance(error, errors.Unavailable):
        log.error("unforeseen", path=request.url.path, method=request.method, exc_info=error)
    headers["Cache-Control"] = "no-store"
    if wants_page(request):
        return refusal_page(renderer, request, problem.status, problem.code, problem.detail, headers)
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


def _framework(error: HTTPException) -> tuple[Problem, dict[str, str]]:
    if isinstance(error, NotFoundException):
        return _refused(errors.NotFound())
    code = _CODES.get(error.status_code, "malformed")
    problem = _plain(error.status_code, code, TITLES.get(error.status_code, "Refused") + ".")
    return problem, dict(error.headers or {}) if error.status_code == 405 else {}


def _refused(refusal: errors.Refusal) -> tuple[Problem, dict[str, str]]:
    status = status_of(refusal)
    headers = {}
    if isinstance(refusal, errors.TooMany):
        headers["Retry-After"] = str(max(1, round(refusal.retry_after + 0.5)))
    if isinstance(refusal, errors.Unavailable):
        headers["Retry-After"] = "5"
    current = getattr(refusal, "current", None)
    problem = Problem(
        title=TITLES[status],
        status=status,
        code=refusal.code,
        detail=refusal.detail,
        field=refusal.field or UNSET,
        current=UNSET if current is None else current,
        meanwhile=getattr(refusal, "meanwhile", UNSET),
    )
    return problem, headers


def _plain(status: int, code: str, detail: str) -> Problem:
    return Problem(title=TITLES.get(status, "Refused"), status=status, code=code, detail=detail)


def _unreadable(error: Exception) -> tuple[Problem, dict[str, str]]:
    """Parameters: 404 for an id that none can have, 422 with the name for all others."""
    extra = getattr(error, "extra", None)
    first = extra[0] if isinstance(extra, list) and extra else {}
    if first.get("source") == "path":
        return _refused(errors.NotFound())
    message = str(first.get("message", "A parameter is not acceptable."))
    # The framework knows the body as a parameter of this name; clients do not.
    field = str(first.get("key", "")).removeprefix("data")
    refusal = refusal_of(message)
    return _refused(errors.Invalid(refusal.detail, field=field or None))
