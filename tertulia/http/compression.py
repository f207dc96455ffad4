"""Compression of long responses with gzip, for clients that accept it."""

import gzip
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from core.threads import in_thread

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Below this size the headers cost more than compression saves.
MIN_SIZE = 1_000
# Larger bodies take more than 5 ms and are compressed in a thread.
MAX_INLINE_SIZE = 200_000
_LEVEL = 4


def accepts_gzip(scope: MutableMapping[str, Any]) -> bool:
    """Return whether the client accepts gzip."""
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


def compress(send: Send) -> Send:
    """Return a `send` that compresses long bodies, except those that are encoded already or sent in several messages.

    No response contains a secret together with text that others control, so compression leaks nothing (BREACH).
    """
    start: MutableMapping[str, Any] | None = None

    async def send_compressed(message: MutableMapping[str, Any]) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if start is not None:
            first, start = start, None
            body = message.get("body", b"")
            if len(body) >= MIN_SIZE and not message.get("more_body") and not _is_encoded(first):
                message = {**message, "body": await _compress_body(body)}
                first["headers"] = _headers(first["headers"], len(message["body"]))
            await send(first)
        await send(message)

    return send_compressed


async def _compress_body(body: bytes) -> bytes:
    if len(body) <= MAX_INLINE_SIZE:
        return gzip.compress(body, _LEVEL, mtime=0)
    return await in_thread(gzip.compress, body, _LEVEL, mtime=0)


def _is_encoded(start: MutableMapping[str, Any]) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in start["headers"])


def _headers(headers: Any, length: int) -> list[tuple[bytes, bytes]]:
    """Return the headers of the compressed response."""
    varies = [value for name, value in headers if name.lower() == b"vary"]
    kept = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"vary")]
    return [
        *kept,
        (b"content-encoding", b"gzip"),
        (b"content-length", b"%d" % length),
        (b"vary", b", ".join([*varies, b"Accept-Encoding"])),
    ]
