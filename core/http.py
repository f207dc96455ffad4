"""What the routes of all rooms share: ids in paths, versions in headers, answers that are already bytes."""

import re
from typing import Annotated, Any

from litestar import Response
from litestar.enums import MediaType
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from core.errors import Malformed

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


def version_in(header: str | None) -> int | None:
    """The version an If-Match header names; None where there is none or any will do (`*`)."""
    if header is None or header.strip() == "*":
        return None
    found = _VERSION.fullmatch(header.strip())
    if found is None:
        raise BadIfMatch(field="If-Match")
    return int(found[1])


def json_response(body: bytes, status: int = 200, etag: str | None = None) -> Response[bytes]:
    """Encoded JSON as a response; with an ETag, clients may ask whether it is still the same."""
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"} if etag else {"Cache-Control": "no-store"}
    return Response(body, status_code=status, headers=headers, media_type=MediaType.JSON)


def not_modified(etag: str) -> Response[bytes]:
    """304: what the client has is still the same."""
    return Response(b"", status_code=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def matches(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names this ETag."""
    return header is not None and (header == "*" or etag in (part.strip() for part in header.split(",")))


def answers(status: int, shape: Any) -> dict[int, ResponseSpec]:
    """What the API description says of a route whose answer is already bytes."""
    return {status: ResponseSpec(data_container=shape, generate_examples=False)}
