"""What the routes of all rooms share: ids in paths, versions in headers, answers that are already bytes."""

import re
from hashlib import sha256
from typing import Annotated, Any

from litestar import Response
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from core import errors
from core.errors import Malformed

# The one map from refusals to statuses; a refusal has that of the nearest kind it descends from.
STATUS: dict[type[errors.Refusal], int] = {
    errors.NotFound: 404,
    errors.Denied: 403,
    errors.SignInFirst: 401,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.Invalid: 422,
    errors.Malformed: 400,
    errors.TooBig: 413,
    errors.UnsupportedMediaType: 415,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}

# PostgreSQL's bigint; what lies outside was never given out.
PathId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
Cursor = Annotated[
    str | None, QueryParameter(max_length=200, description="where the page starts, from `next`")
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", required=False, max_length=80, description="the version you changed"),
]
IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(name="If-None-Match", required=False, max_length=400, description="the ETag you have"),
]

_VERSION = re.compile(r'(?:W/)?"?(\d{1,9})"?')


class BadIfMatch(Malformed):
    """If-Match carries something that is no version."""

    message = 'If-Match must carry the version you changed, as in "3".'


def status_of(refusal: errors.Refusal) -> int:
    """The HTTP status of a refusal."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def version_in(header: str | None) -> int | None:
    """The version an If-Match header names; None where there is none or any will do (`*`)."""
    if header is None or header.strip() == "*":
        return None
    found = _VERSION.fullmatch(header.strip())
    if found is None:
        raise BadIfMatch(field="If-Match")
    return int(found[1])


_JSON = (b"content-type", b"application/json")
_ONCE = (b"cache-control", b"no-store")
_AGAIN = (b"cache-control", b"private, no-cache")


class Ready(Response[bytes]):
    """A response whose bytes and headers are ready: the framework has nothing to look up, merge or encode."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        # Not the framework's own beginning: that prepares for what is never asked of a response that is ready.
        self.content = body
        self.status_code = status
        self.ready_headers = headers

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """It is one already."""
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it."""
        headers = self.ready_headers
        if self.status_code != 304:
            headers = [*headers, (b"content-length", b"%d" % len(self.content))]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


def json_response(body: bytes, status: int = 200, etag: str | None = None) -> Response[bytes]:
    """Encoded JSON as a response; with an ETag, clients may ask whether it is still the same."""
    if etag is None:
        return Ready(body, status, [_JSON, _ONCE])
    return Ready(body, status, [_JSON, _AGAIN, (b"etag", etag.encode())])


def not_modified(etag: str) -> Response[bytes]:
    """304: what the client has is still the same."""
    return Ready(b"", 304, [_AGAIN, (b"etag", etag.encode())])


def etag_of(body: bytes) -> str:
    """A validator that changes with every byte of an answer."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def etag_matches(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag."""
    return header is not None and (header == "*" or etag in (part.strip() for part in header.split(",")))


def documented_response(status: int, shape: Any) -> dict[int, ResponseSpec]:
    """What the API description says of a route whose answer is already bytes."""
    return {status: ResponseSpec(data_container=shape, generate_examples=False)}
