"""Logs: one line an event, for people or for machines, with the request's id where there is one."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog


def set_up_logs(kind: str, level: int = logging.INFO, stream: TextIO = sys.stderr) -> None:
    """Write everything, the libraries' lines included, as `text` or `json`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Plain tracebacks: prettier ones print local variables, and passwords are local variables somewhere.
    last: Any = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    if kind == "json":
        last = structlog.processors.JSONRenderer(serializer=_json)
        shared = [*shared, structlog.processors.format_exc_info]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _set_up_access(kind, stream)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _set_up_access(kind: str, stream: TextIO) -> None:
    access = logging.getLogger("access")
    lines = logging.StreamHandler(stream)
    lines.setFormatter(AccessLines(kind))
    access.handlers[:] = [lines]
    access.propagate = False


class AccessLines(logging.Formatter):
    """Lines of the access log, made by hand: there is one for every request, and the general way costs ten times more.

    A record's arguments are method, path, status, milliseconds and the request's id.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.is_json = kind == "json"

    def format(self, record: logging.LogRecord) -> str:
        """One line; what a path may contain is written so that it cannot end the line or move the cursor."""
        method, path, status, ms, request_id = record.args  # type: ignore[misc]
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if not self.is_json:
            return f"{at} request {request_id} {method} {str(path)!r} {status} {ms} ms"
        told = {"event": "request", "method": method, "path": path, "status": status, "ms": ms}
        return _json({**told, "request_id": request_id, "level": "info", "logger": "access", "timestamp": at})


def _json(value: Any, **_: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
