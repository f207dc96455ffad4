"""Packing: responses that are worth it go out compressed to whoever takes them so."""

import gzip
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Below this the headers weigh more than what is saved.
LEAST = 1_000
_LEVEL = 4


def takes_packed(scope: MutableMapping[str, Any]) -> bool:
    """Whether whoever asks understands gzip."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


def packed(send: Send) -> Send:
    """Send long bodies compressed; what was compressed before, and what comes in pieces, goes out as it is.

    Nothing secret is ever reflected beside what others wrote, so compressing tells nobody anything.
    """
    start: MutableMapping[str, Any] | None = None

    async def send_packed(message: MutableMapping[str, Any]) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if start is not None:
            first, start = start, None
            body = message.get("body", b"")
            if len(body) >= LEAST and not message.get("more_body") and not _is_encoded(first):
                message = {**message, "body": gzip.compress(body, _LEVEL, mtime=0)}
                first["headers"] = _headers(first["headers"], len(message["body"]))
            await send(first)
        await send(message)

    return send_packed


def _is_encoded(start: MutableMapping[str, Any]) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in start["headers"])


def _headers(headers: Any, length: int) -> list[tuple[bytes, bytes]]:
    """The headers of a response, as they are for its packed form."""
    varies = [value for name, value in headers if name.lower() == b"vary"]
    kept = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"vary")]
    return [
        *kept,
        (b"content-encoding", b"gzip"),
        (b"content-length", b"%d" % length),
        (b"vary", b", ".join([*varies, b"Accept-Encoding"])),
    ]
