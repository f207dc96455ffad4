"""The logs: one line for each event, as text or JSON, with the id of the request if there is one."""

import logging
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# One list for all calls of `set_up_logs`: a logger keeps the list with which it was first used.
_PROCESSORS: list[Any] = [
    structlog.stdlib.filter_by_level,
    *_SHARED,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def set_up_logs(kind: str, level: int = logging.INFO, stream: TextIO = sys.stderr) -> None:
    """Write all logs, also those of libraries, as `text` or `json`."""
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Plain tracebacks: structlog's default prints local variables, which can contain passwords.
    last: Any = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    traceback: list[Any] = []
    if kind == "json":
        last = structlog.processors.JSONRenderer(serializer=_json)
        traceback = [structlog.processors.format_exc_info]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *traceback, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    access.to(stream if level <= logging.INFO else None, kind == "json")
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)


class AccessLog:
    """The access log: one line for each request. It is written without structlog, which would cost ten times more.

    Paths are escaped, so that they cannot end the line or control a terminal.
    """

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.is_json = False
        self.second = 0
        self.formatted = ""

    def to(self, stream: TextIO | None, is_json: bool = False) -> None:
        """Write to this stream from now on; with None, write nothing."""
        self.stream, self.is_json = stream, is_json

    def write(self, method: str, path: str, status: int, ms: float, request_id: str) -> None:
        """Write one line; an error of the stream does not fail the request."""
        if self.stream is None:
            return
        at = self._now()
        line = f"{at} request {request_id} {method} {path!r} {status} {ms} ms"
        if self.is_json:
            entry = {"event": "request", "method": method, "path": path, "status": status, "ms": ms}
            line = _json(
                {**entry, "request_id": request_id, "level": "info", "logger": "access", "timestamp": at}
            )
        with suppress(OSError, ValueError):
            self.stream.write(line + "\n")
            self.stream.flush()

    def _now(self) -> str:
        # The date is formatted once a second: it would cost a third of the line.
        now = time.time()
        if int(now) != self.second:
            self.second = int(now)
            self.formatted = datetime.fromtimestamp(self.second, UTC).isoformat().removesuffix("+00:00")
        return f"{self.formatted}.{int(now % 1 * 1000):03d}+00:00"


def _json(value: Any, **_: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()


access = AccessLog()
