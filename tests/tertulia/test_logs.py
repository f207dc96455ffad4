"""Lines of the log name the request or the job to which they belong."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import structlog

from core import clock
from core.events import Event
from storage.database import Database
from storage.quarantine import ItemJob
from storage.statements import statement
from tertulia.http import health
from tertulia.logs import access, set_up_logs
from tertulia.worker import Worker

log = structlog.get_logger()


class SomethingHappened(Event, frozen=True, kw_only=True, tag="something_happened"):
    """An event of these tests."""

    @property
    def channel(self) -> str:
        return "test:logs"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log as an operator would see it, in JSON."""
    root, access_before = logging.getLogger(), (access.stream, access.is_json)
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    set_up_logs("json", stream=written)
    yield written
    root.handlers[:], root.level = handlers, level
    access.to(*access_before)


def find(written: io.StringIO, event: str) -> dict[str, Any]:
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return next(line for line in found if line["event"] == event)


async def test_a_line_of_a_request_has_its_id(
    client: httpx2.AsyncClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        logging.getLogger("some.library").warning("the disk is odd")
        raise ValueError("no disk")

    monkeypatch.setattr(health, "read_disk", fail)
    answer = await client.get("/ready")
    assert answer.status_code == 500
    request_id = answer.headers["x-request-id"]
    for event in ("unexpected error", "the disk is odd", "request"):
        assert find(lines, event)["request_id"] == request_id


async def test_lines_of_jobs_name_the_job(db: Database, lines: io.StringIO) -> None:
    async def handle(tx: Any, event: SomethingHappened) -> None:
        log.warning("handling")

    async def sweep_next(db: Database) -> bool:
        log.warning("sweeping")
        swept.set()
        return False

    async def clean_up(tx: Any, now: Any) -> None:
        log.warning("cleaning")

    swept = asyncio.Event()
    db = Database(db.pool, db.epoch, db.bus, frozenset({"something_happened"}))
    async with db.begin() as tx:
        await tx.record(SomethingHappened())
    worker = Worker(db, {SomethingHappened: (handle,)}, jobs=(sweep_next,), cleanups=(clean_up,))
    async with db.read() as tx:
        number = await tx.value(statement("SELECT id FROM follow_ups"))
    assert await worker.handle_next()
    await worker.clean_up(clock.now())
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(5):
        await swept.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    log.warning("afterwards")

    handling = find(lines, "handling")
    assert (handling["job"], handling["job_id"]) == ("something_happened", number)
    assert find(lines, "sweeping")["job"] == "sweep_next"
    assert find(lines, "cleaning")["job"] == "clean_up"
    assert not {"job", "job_id"} & find(lines, "afterwards").keys()


async def test_lines_about_an_item_name_it(db: Database, lines: io.StringIO) -> None:
    async def take(tx: Any) -> Any:
        return await tx.row(statement("SELECT '12 close' AS item"))

    async def work(tx: Any, row: Any) -> None:
        log.warning("working")

    with clock.stop_at(clock.now() + timedelta(days=1)):
        assert await ItemJob("timers", take, work).run_next(db)
    assert find(lines, "working")["item"] == "12 close"
