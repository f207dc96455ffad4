"""The commands `tertulia worker`, `tertulia migrate` and `tertulia tail`."""

import asyncio
import json
import os
import sys
from pathlib import Path

import click
import structlog
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from storage import schema
from tertulia.background import TaskDied, cancel_all, listen_to_signals, wait_for_end
from tertulia.commands.context import open_database, settings_with_database
from tertulia.event_handlers import make_event_handlers
from tertulia.listeners import bind_worker_metrics
from tertulia.mail.lane import make_lane
from tertulia.metrics.collectors import Observed
from tertulia.metrics.server import serve_metrics
from tertulia.scheduled_jobs import CLEANUPS, make_scheduled_jobs
from tertulia.settings import Settings, read_settings
from tertulia.worker import Worker

log = structlog.get_logger()

DATA = click.option("--data", type=click.Path(path_type=Path), help="data folder of the embedded database")


@click.command("worker")
@DATA
def work(data: Path | None) -> None:
    """Run only the worker: event handlers (such as e-mails) and scheduled jobs."""

    async def run(settings: Settings) -> None:
        listener = bind_worker_metrics(settings) if settings.worker_metrics_port else None
        async with open_database(settings) as db:
            worker = Worker(
                db,
                make_event_handlers(settings),
                jobs=make_scheduled_jobs(settings),
                cleanups=CLEANUPS,
                mail=make_lane(db, settings),
            )
            tasks = [asyncio.create_task(worker.run(), name="worker")]
            if listener is not None:
                observed = Observed(role="worker", settings=settings, db=db, jobs=worker.statistics)
                serving = serve_metrics(CollectorRegistry(), observed, listener)
                tasks.append(asyncio.create_task(serving, name="metrics"))
            stopping = listen_to_signals()
            log.info("the worker is running")
            all_alive = await wait_for_end(stopping, tasks)
            await cancel_all(tasks)
            if not all_alive:
                raise TaskDied

    with settings_with_database(data) as settings:
        asyncio.run(run(settings))


@click.command()
@DATA
@click.option("--json", "as_json", is_flag=True, help="print the revisions as JSON")
def migrate(data: Path | None, as_json: bool) -> None:
    """Migrate the database to this version."""
    with settings_with_database(data) as settings:
        before, after = asyncio.run(schema.migrate(settings.database_url, settings.owner_url))
    if as_json:
        click.echo(json.dumps({"before": before, "after": after}))
    else:
        was = " already." if before == after else f", was at {before}." if before else ", was empty."
        click.echo(f"The database is at {after}{was}")


@click.command()
@click.argument("channel")
@click.option("--token", envvar="TERTULIA_TOKEN", help="the token of a session, from POST /api/v1/sessions")
@click.option("--url", help="address of the service")
def tail(channel: str, token: str | None, url: str | None) -> None:
    """Follow a channel in the terminal: one JSON frame per line."""
    settings = read_settings({k: v for k, v in os.environ.items() if k != "TERTULIA_TOKEN"})
    sys.exit(asyncio.run(_follow(url or settings.url, channel, token)))


async def _follow(url: str, channel: str, token: str | None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    position: dict[str, object] = {}
    address = "ws" + url.removeprefix("http").rstrip("/") + "/live"
    try:
        # `connect` reconnects with growing pauses; the join resumes at the last position.
        async for socket in connect(address, additional_headers=headers, compression=None):
            try:
                await socket.send(json.dumps({"type": "join", "channel": channel, **position}))
                async for frame in socket:
                    click.echo(frame)
                    data = json.loads(frame)
                    if data["type"] == "refused":
                        return 1
                    if "epoch" in data:
                        position["epoch"] = data["epoch"]
                    if "seq" in data:
                        position["after"] = data["seq"]
            except ConnectionClosed as closed:
                if closed.rcvd and closed.rcvd.code in (4401, 4403):
                    click.echo(f"tertulia: closed with {closed.rcvd.code}", err=True)
                    return 1
    except InvalidStatus as refused:
        click.echo(f"tertulia: refused with {refused.response.status_code}", err=True)
    return 1
