"""Responses to errors: problem documents (RFC 9457) for the API, and pages for browsers."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from asyncpg import ForeignKeyViolationError
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from msgspec import UNSET, Struct, UnsetType

from core import errors
from core.http import status_of
from core.languages.texts import gettext, translatable
from pages.shell.errors import refusal_page, wants_page
from pages.shell.renderer import Renderer
from tertulia.http.json_requests import refusal_of

log = structlog.get_logger()

# What the middleware stores in the state of a request whose client closed the connection before all of it arrived.
CLIENT_LEFT = "client_left"

TITLES = {
    400: translatable("Malformed"),
    401: translatable("Not signed in"),
    403: translatable("Not allowed"),
    404: translatable("Not found"),
    405: translatable("Wrong method"),
    408: translatable("Incomplete"),
    409: translatable("Conflict"),
    412: translatable("Changed meanwhile"),
    413: translatable("Too big"),
    415: translatable("Wrong media type"),
    422: translatable("Not acceptable"),
    429: translatable("Too many requests"),
    500: translatable("Something broke"),
    503: translatable("Not available"),
}
REFUSED = translatable("Refused")
PARAMETER_NOT_ACCEPTABLE = translatable("A parameter is not acceptable.")
# What is said of a request that the framework refuses before a route runs.
DETAILS = {
    401: errors.SignInFirst.message,
    403: errors.Denied.message,
    405: translatable("This is not possible at this address."),
    413: errors.TooBig.message,
    415: errors.UnsupportedMediaType.message,
    429: errors.TooMany.message,
}
_CODES = {
    401: "sign_in_first",
    403: "denied",
    405: "method_not_allowed",
    413: "too_big",
    415: "unsupported_media_type",
    429: "too_many",
}


class FieldProblem(Struct, frozen=True, kw_only=True):
    """What is wrong with one field of the input: the field, the code of the refusal, and what it says."""

    field: str
    code: str
    detail: str


class Problem(Struct, frozen=True, kw_only=True):
    """A problem document (RFC 9457). `code` is stable and public; `field` names the invalid part of the input,
    `errors` all invalid parts, `current` is the current state, `meanwhile` what has happened since the given version."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    field: str | UnsetType = UNSET
    errors: Sequence[FieldProblem] | UnsetType = UNSET
    current: object = UNSET
    meanwhile: object = UNSET


def problem_of(error: Exception) -> tuple[Problem, dict[str, str]]:
    """Return the problem document for an exception, and its additional headers."""
    if isinstance(error, errors.Refusal):
        return _refusal_problem(error)
    if isinstance(error, ForeignKeyViolationError):
        return _deleted_meanwhile(error)
    if isinstance(error, ValidationException):
        return _parameter_problem(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _framework_problem(error)
    return _problem(500, "internal", gettext("Something broke on our side. It was written down.")), {}


def respond_to_error(
    renderer: Renderer, request: Request[Any, Any, Any], error: Exception
) -> Response[bytes]:
    """Return the response to an exception: a problem document, or a page for browsers; unexpected errors are logged."""
    problem, headers = problem_of(error)
    if request.scope["state"].get(CLIENT_LEFT):
        # Litestar fails with a 500 of its own if the rest of a body does not come. Nobody reads this response.
        detail = gettext("The connection ended before the request was complete.")
        problem = _problem(408, "request_incomplete", detail)
    if problem.code == "invalid" and problem.field in request.scope.get("path_params", {}):
        # An id that cannot exist is answered like one that does not exist.
        problem, headers = problem_of(errors.NotFound())
    if problem.status >= 500 and not isinstance(error, errors.Unavailable):
        log.error("unexpected error", path=request.url.path, method=request.method, exc_info=error)
    headers["Cache-Control"] = "no-store"
    if wants_page(request):
        return refusal_page(renderer, request, problem.status, problem.code, problem.detail, headers)
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


def _deleted_meanwhile(error: ForeignKeyViolationError) -> tuple[Problem, dict[str, str]]:
    """Return the problem of a request that refers to what was deleted while it ran, such as the account of its sender."""
    log.warning("deleted meanwhile", constraint=error.constraint_name)
    return _refusal_problem(errors.Conflict())


def _framework_problem(error: HTTPException) -> tuple[Problem, dict[str, str]]:
    if isinstance(error, NotFoundException):
        return _refusal_problem(errors.NotFound())
    code = _CODES.get(error.status_code, "malformed")
    problem = _problem(
        error.status_code, code, gettext(DETAILS.get(error.status_code, errors.Malformed.message))
    )
    return problem, dict(error.headers or {}) if error.status_code == 405 else {}


def _refusal_problem(refusal: errors.Refusal) -> tuple[Problem, dict[str, str]]:
    status = status_of(refusal)
    headers = {}
    if isinstance(refusal, errors.TooMany):
        headers["Retry-After"] = str(refusal.seconds)
    if isinstance(refusal, errors.Unavailable):
        headers["Retry-After"] = "5"
    current = getattr(refusal, "current", None)
    problem = Problem(
        title=gettext(TITLES[status]),
        status=status,
        code=refusal.code,
        detail=refusal.detail,
        field=refusal.field or UNSET,
        errors=_field_problems(refusal) or UNSET,
        current=UNSET if current is None else current,
        meanwhile=getattr(refusal, "meanwhile", UNSET),
    )
    return problem, headers


def _field_problems(refusal: errors.Refusal) -> list[FieldProblem]:
    return [
        FieldProblem(field=each.field, code=each.code, detail=each.detail)
        for each in refusal.every
        if each.field
    ]


def _problem(status: int, code: str, detail: str) -> Problem:
    title = gettext(TITLES.get(status, REFUSED))
    return Problem(title=title, status=status, code=code, detail=detail)


def _parameter_problem(error: Exception) -> tuple[Problem, dict[str, str]]:
    """Return the problem of an invalid parameter: 404 for an id in the path, 422 with the name for all others."""
    extra = getattr(error, "extra", None)
    first = extra[0] if isinstance(extra, list) and extra else {}
    if first.get("source") == "path":
        return _refusal_problem(errors.NotFound())
    message = str(first.get("message", PARAMETER_NOT_ACCEPTABLE))
    # Litestar names the body `data`; clients do not know this name.
    field = str(first.get("key", "")).removeprefix("data")
    refusal = refusal_of(message)
    return _refusal_problem(errors.Invalid(refusal.text, field=field or None))
