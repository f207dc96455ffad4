"""The command `serve`: starts the embedded database if needed, then one or more web processes, and stops them cleanly."""

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio.lowlevel
import structlog
import uvicorn
import uvloop
from msgspec.structs import replace

from core import clock
from core.isolation import TEXTS, end_processes
from core.language_detection import load_model
from core.threads import give_way_often, in_thread
from forum.text.markdown import render
from members.accounts import accounts
from members.accounts.skeletons import renew_skeletons
from pages.shell.jinja import compile_templates
from realtime.hub import Hub
from serving.uvicorn_server import Server
from serving.uvicorn_websocket import OPTIONS
from storage import schema
from storage.connections import PATIENCE
from storage.database import connect
from storage.embedded import postgres
from storage.embedded.install import CannotStart
from storage.embedded.process import die_with_parent
from tertulia.background import Task, TaskDied, cancel_all, listen_to_signals, wait_for_end
from tertulia.community import put_community, read_community
from tertulia.context import AppContext, open_context
from tertulia.doctor.unsuitable import find_unsuitable
from tertulia.event_handlers import make_event_handlers
from tertulia.http.draining import GRACE, Drain
from tertulia.listeners import bind_metrics, ensure_metrics_address_free, listen
from tertulia.mail.lane import make_lane
from tertulia.metrics.collectors import Observed
from tertulia.metrics.server import serve_metrics
from tertulia.scheduled_jobs import CLEANUPS, make_scheduled_jobs
from tertulia.settings import BadSettings, Settings, environment_of, without_files
from tertulia.supervision import Supervisor
from tertulia.web import create_app
from tertulia.worker import Worker

log = structlog.get_logger()

_database_thread = ThreadPoolExecutor(1, thread_name_prefix="database")

# How many new objects start a garbage collection. A request makes hundreds of objects, and almost all are freed at once.
_GC_THRESHOLD = 10_000

# What runs beside the service in its process.
Beside = Callable[[AppContext], Coroutine[Any, Any, None]]

CLAIM_MESSAGE = """
This community has no administrator yet. The first person who opens this link becomes its administrator:
    {url}/claim-admin?token={token}
"""


@contextmanager
def running_database(settings: Settings) -> Iterator[tuple[Settings, postgres.Cluster | None]]:
    """Provide the settings with the address of a running database: that of DATABASE_URL, or the embedded one, with
    its cluster."""
    if settings.database_url:
        yield settings, None
        return
    with postgres.start(settings.data) as cluster:
        for note in cluster.notes:
            log.info(note)
        yield replace(settings, database_url=cluster.url, owner_url=cluster.owner_url), cluster


def serve(
    settings: Settings,
    supervisor: Supervisor,
    listener: socket.socket | None = None,
    beside: Beside | None = None,
) -> None:
    """Run the service until it is told to stop. With a listener, run only one of several web processes; `beside` runs in the
    same process as the service, if there is only one."""
    if listener is not None:
        uvloop.run(_run(settings, listener, None, supervisor))
        return
    listener = listen(settings)
    ensure_metrics_address_free(settings)
    settings = replace(settings, port=listener.getsockname()[1])
    with running_database(settings) as (ready, cluster):
        asyncio.run(prepare(ready))
        if settings.workers > 1:
            _supervise(ready, listener, cluster, supervisor)
        else:
            uvloop.run(_run(ready, listener, cluster, supervisor, beside))


async def prepare(settings: Settings) -> None:
    """Migrate the database, store the community file in it, and print the link for the first administrator.

    Raises BadSettings if a server of the settings does not fit, and MigrationFailed.
    """
    await prepare_database(settings)
    db = await connect(settings.database_url, size=1, patience=PATIENCE)
    try:
        async with db.begin() as tx:
            token = await accounts.offer_founders_link(tx)
        if token:
            print(CLAIM_MESSAGE.format(url=settings.url, token=token), flush=True)
    finally:
        await db.close()


async def prepare_database(settings: Settings) -> None:
    """Migrate the database and store the community file in it; raise BadSettings if a server of the settings does not fit,
    and MigrationFailed."""
    if fault := await find_unsuitable(settings):
        raise BadSettings(fault)
    await schema.migrate(settings.database_url, settings.owner_url)
    db = await connect(settings.database_url, size=1, patience=PATIENCE)
    try:
        async with db.begin() as tx:
            await put_community(tx, read_community(settings.community), clock.now())
            await renew_skeletons(tx)
    finally:
        await db.close()


def make_server(app: Any, settings: Settings) -> Server:
    """Return the web server for an application, configured as in production; tests use it too."""
    config = uvicorn.Config(
        app,
        loop="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        # For connections only: `drain` has waited for the requests.
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=16 * 1024,
        **OPTIONS,
    )
    return Server(config)


async def _run(
    settings: Settings,
    listener: socket.socket,
    cluster: postgres.Cluster | None,
    supervisor: Supervisor,
    beside: Beside | None = None,
) -> None:
    stopping = listen_to_signals()
    give_way_often()
    async with open_context(settings) as context, _background_tasks(context, settings, cluster) as tasks:
        app = create_app(context)
        server = make_server(app, settings)
        _freeze_garbage()
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="web")
        # The process for long texts starts now, so that the first of them does not wait for it.
        await TEXTS.call(render, "")
        # What Litestar's streams would import when they are first used is imported now too: it takes up to 50 ms.
        await anyio.lowlevel.checkpoint()
        compiling = asyncio.create_task(in_thread(compile_templates), name="compile templates")
        # The first post does not wait for the model of languages.
        loading = asyncio.create_task(load_model(), name="load the model of languages")
        while not server.started and not serving.done():  # noqa: ASYNC110 (uvicorn has only this flag)
            await asyncio.sleep(0.005)
        print(f"Tertulia is at {settings.url}", flush=True)
        tasks.append(asyncio.create_task(supervisor.tell_ready_and_alive(), name="signs of life"))
        if beside is not None:
            tasks.append(asyncio.create_task(beside(context), name="beside"))
        all_alive = await wait_for_end(stopping, [serving, *tasks])
        supervisor.tell("STOPPING=1")
        if not serving.done():
            await drain(app.drain, context.hub, settings.drain_notice if all_alive else 0)
            server.should_exit = True
            await serving
        await asyncio.gather(compiling, loading)
    await end_processes()
    if not all_alive:
        raise TaskDied


async def drain(requests: Drain, hub: Hub, notice: float = 0, grace: float = GRACE) -> None:
    """Let the process end without a loss: the health checks fail at once, live sockets are told to reconnect over three
    seconds, new requests are refused after `notice` seconds, and those that run have `grace` seconds to finish."""
    requests.has_begun = True
    sockets = asyncio.create_task(hub.drain(), name="drain sockets")
    await asyncio.sleep(notice)
    await requests.finish(grace)
    await sockets


def _freeze_garbage() -> None:
    """Exclude the objects of the start from garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 20, 20)


@asynccontextmanager
async def _background_tasks(
    context: AppContext, settings: Settings, cluster: postgres.Cluster | None
) -> AsyncIterator[list[Task]]:
    """Run the worker, the metrics server and the watch over the database beside the web server; yield their tasks."""
    worker = Worker(
        context.db,
        make_event_handlers(settings),
        jobs=make_scheduled_jobs(settings),
        cleanups=CLEANUPS,
        mail=make_lane(context.db, settings),
    )
    tasks = [asyncio.create_task(worker.run(), name="worker")]
    if settings.metrics_port:
        observed = Observed(
            role="web", settings=settings, db=context.db, jobs=worker.statistics, hub=context.hub
        )
        serving = serve_metrics(context.registry, observed, bind_metrics(settings))
        tasks.append(asyncio.create_task(serving, name="metrics"))
    if cluster is not None:
        tasks.append(asyncio.create_task(_watch(cluster), name="database"))
    try:
        yield tasks
    finally:
        await cancel_all(tasks)


async def _watch(cluster: postgres.Cluster) -> None:
    # A start can take minutes of recovery, in which this process answers 503. The thread lives as long as the process.
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(1)
        await loop.run_in_executor(_database_thread, _restart_if_dead, cluster)


def _restart_if_dead(cluster: postgres.Cluster) -> None:
    try:
        if cluster.restart_if_dead():
            log.error("the database had ended and was started again")
    except (CannotStart, OSError) as error:
        # Another process may be starting it, or the disk is full at the moment: the next check tries again.
        log.error("the database has ended and does not start", error=str(error))


def _supervise(
    settings: Settings, listener: socket.socket, cluster: postgres.Cluster | None, supervisor: Supervisor
) -> None:
    """Restart web processes that end; when told to stop, stop them and wait."""
    stopping: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: stopping.append(number))
    children = [_start_child(settings, listener, number) for number in range(settings.workers)]
    supervisor.tell("READY=1")
    while not stopping:
        supervisor.tell("WATCHDOG=1")
        signal.sigtimedwait([], 0.2)
        if cluster is not None and not stopping:
            _restart_if_dead(cluster)
        for index, child in enumerate(children):
            if child.poll() is not None and not stopping:
                log.error("a web process ended and is started again", status=child.returncode)
                children[index] = _start_child(settings, listener, index)
    supervisor.tell("STOPPING=1")
    for child in children:
        child.send_signal(signal.SIGTERM)
    for child in children:
        child.wait()


def _start_child(settings: Settings, listener: socket.socket, number: int) -> "subprocess.Popen[bytes]":
    # All settings, also those of the command line. The supervisor has migrated the database as its owner already.
    own = replace(
        settings,
        owner_url="",
        public_url=settings.url,
        metrics_port=settings.metrics_port + number if settings.metrics_port else 0,
        workers=1,
    )
    environment = {**without_files(os.environ), **environment_of(own)}
    command = [sys.executable, "-m", "tertulia", "serve", "--listener", str(listener.fileno())]
    return subprocess.Popen(
        command,
        env=environment,
        pass_fds=[listener.fileno()],
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
