"""What all routes share: ids in paths, cursors, versions, ETags and file names in headers, and responses that are already
encoded."""

import re
import unicodedata
from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import quote

from litestar import Response
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from core import errors
from core.errors import Malformed
from core.languages.texts import translatable

# The HTTP status of every refusal: that of its nearest base class in this table.
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

# attr-char of RFC 8187, in addition to letters and digits.
_UNQUOTED = "!#$&+-.^_`|~"
# The range of PostgreSQL's bigint; no id lies outside of it.
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

Encoding = Literal["br", "gzip"]
"""How a response can be compressed."""

_VERSION = re.compile(r'(?:W/)?"?(\d{1,9})"?')
_FORBIDDEN = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*")


class BadIfMatch(Malformed):
    """The If-Match header does not contain a version."""

    message = translatable('If-Match must carry the version you changed, as in "3".')


def status_of(refusal: errors.Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def version_in(header: str | None) -> int | None:
    """Return the version in an If-Match header, or None if there is no header or it is `*`; raise BadIfMatch."""
    if header is None or header.strip() == "*":
        return None
    found = _VERSION.fullmatch(header.strip())
    if found is None:
        raise BadIfMatch(field="If-Match")
    return int(found[1])


_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")
_REVALIDATE = (b"cache-control", b"private, no-cache")


class RawResponse(Response[bytes]):
    """A response with final bytes and headers, for which Litestar has nothing to look up, merge or encode."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        # Without `super().__init__`, whose work is only for responses that Litestar still has to encode.
        self.content = body
        self.status_code = status
        self.ready_headers = headers

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """Return this response, which is an ASGI application already."""
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the response."""
        headers = self.ready_headers
        if self.status_code != 304:
            headers = [*headers, (b"content-length", b"%d" % len(self.content))]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


def json_response(body: bytes, status: int = 200, etag: str | None = None) -> Response[bytes]:
    """Return encoded JSON as a response; with an ETag, clients can ask whether it has changed."""
    if etag is None:
        return RawResponse(body, status, [_JSON, _NO_STORE])
    return RawResponse(body, status, [_JSON, _REVALIDATE, (b"etag", etag.encode())])


def not_modified(etag: str) -> Response[bytes]:
    """Return a response with status 304: the client already has the current version."""
    return RawResponse(b"", 304, [_REVALIDATE, (b"etag", etag.encode())])


def etag_of(body: bytes) -> str:
    """Return a strong ETag for the body of a response."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def etag_matches(header: str | None, etag: str) -> bool:
    """Return whether an If-None-Match header contains this ETag."""
    return header is not None and (header == "*" or etag in (part.strip() for part in header.split(",")))


def accepted_encoding(header: str) -> Encoding | None:
    """Return the best encoding that an Accept-Encoding header allows, or None; what it allows with q=0 it forbids."""
    allowed = {
        name.strip().lower()
        for name, _, quality in (part.partition(";") for part in header.split(","))
        if not _FORBIDDEN.fullmatch(quality)
    }
    return "br" if "br" in allowed else "gzip" if "gzip" in allowed else None


def documented_response(status: int, shape: Any) -> dict[int, ResponseSpec]:
    """Return the entry in the API description for a route whose response is already encoded: its status and its Struct."""
    return {status: ResponseSpec(data_container=shape, generate_examples=False)}


def content_disposition(kind: Literal["inline", "attachment"], name: str) -> str:
    """Return the header value that names a download in any script (RFC 6266, RFC 8187)."""
    return f"{kind}; filename=\"{ascii_name(name)}\"; filename*=UTF-8''{quote(name, safe=_UNQUOTED)}"


def ascii_name(name: str) -> str:
    """Return a file name in ASCII letters, digits, `-`, `_` and `.`, with its extension, for URLs and old clients."""
    stem, dot, extension = name.rpartition(".")
    is_extension = bool(stem) and 0 < len(extension) <= 16 and not any(one.isspace() for one in extension)
    stem, extension = (stem, _to_ascii(dot + extension)) if is_extension else (name, "")
    return (_to_ascii(stem).strip(".-") or "file") + (extension if len(extension) > 1 else "")


def _to_ascii(text: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in plain)
