"""Tests of clients that give up: what the service does then is no error of the service."""

import asyncio
import socket
import struct
from urllib.parse import urlsplit

import pytest
import structlog
from prometheus_client import CollectorRegistry

from tests.support.people import a_person
from tests.support.service import Service

HEAD = "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n{more}\r\n\r\n"
JSON, FORM, FILES = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"

CASES = [
    ("POST", "/api/v1/topics", JSON, "Content-Length: 100", '{"title": "'),
    ("POST", "/api/v1/topics", JSON, "Transfer-Encoding: chunked", "3\r\nabc\r\n"),
    ("PUT", "/api/v1/me/profile", JSON, "Content-Length: 100", ""),
    ("POST", "/signin", FORM, "Content-Length: 100", "login=a"),
    ("POST", "/api/v1/sessions", JSON, "Content-Length: 100", '{"login'),
    ("POST", "/topics", FORM, "Content-Length: 100", "title=a"),
    ("POST", "/files", FILES, "Content-Length: 100", "--b\r\nContent-Dis"),
    ("POST", "/t/1/reply", FILES, "Content-Length: 90000", "--b\r\n" + "x" * 70_000),
    ("GET", "/", JSON, "X: y", ""),
    ("GET", "/search?q=a", JSON, "X: y", ""),
]


@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize(("method", "path", "kind", "more", "body"), CASES)
async def test_a_client_that_gives_up_causes_neither_an_error_nor_a_line_about_one(
    app: Service,
    caplog: pytest.LogCaptureFixture,
    is_reset: bool,
    method: str,
    path: str,
    kind: str,
    more: str,
    body: str,
) -> None:
    amina = await a_person(app)
    where = urlsplit(app.urls[0])
    registry = app.contexts[0].registry
    failures = failed_answers(registry)
    with structlog.testing.capture_logs() as lines:
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        head = HEAD.format(method=method, path=path, token=amina.token, kind=kind, more=more)
        writer.write(head.encode() + body.encode())
        await writer.drain()
        await asyncio.sleep(0.02)
        if is_reset:
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
        async with app.client() as other:
            for _ in range(20):
                assert (await other.get("/health")).status_code == 200
    assert [line for line in lines if line["log_level"] in ("error", "warning")] == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []
    # Other tests of this process had their own failures, so only new ones count.
    assert failed_answers(registry) == failures


def failed_answers(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    """Return how many answers had a status of 500 or more so far, by the labels of the metric."""
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for sample in samples
        if sample.labels.get("status", "").startswith("5") and not sample.name.endswith("_created")
    }
