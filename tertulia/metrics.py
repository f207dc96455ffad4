"""Metrics in the text format of Prometheus, served on a private port."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from msgspec.structs import asdict
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from core.errors import Unavailable
from storage.quarantine import count_dead_jobs, count_quarantined
from tertulia.context import AppContext
from tertulia.http.middleware import App, Receive, Scope, Send


class ServiceMetrics(Collector):
    """The counters of delivery and the database pool, read when Prometheus asks for them."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.quarantined: dict[str, int] = {}
        self.dead_jobs = 0

    async def count_troubles(self) -> None:
        """Count what failed in the background; while the database is away, the last counts remain."""
        with suppress(Unavailable):
            async with self.context.db.read() as tx:
                self.quarantined = await count_quarantined(tx)
                self.dead_jobs = await count_dead_jobs(tx)

    def collect(self) -> Iterator[Any]:
        """Yield the counters of delivery, the open sockets and channels, and the database connections."""
        for name, value in asdict(self.context.hub.counts).items():
            yield CounterMetricFamily(f"live_{name}", f"Live delivery: {name.replace('_', ' ')}", value=value)
        yield GaugeMetricFamily("live_sockets", "Open sockets", value=len(self.context.hub.peers))
        yield GaugeMetricFamily(
            "live_channels", "Channels with listeners", value=len(self.context.hub.channels)
        )
        pool = self.context.db.pool
        yield GaugeMetricFamily("database_connections", "Open database connections", value=pool.size)
        yield GaugeMetricFamily(
            "database_connections_idle", "Idle database connections", value=len(pool.free)
        )
        yield GaugeMetricFamily("dead_jobs", "Handlers of events that were given up", value=self.dead_jobs)
        waiting = GaugeMetricFamily(
            "quarantined_items", "Items of scheduled jobs that failed and wait", labels=["job"]
        )
        for job, count in self.quarantined.items():
            waiting.add_metric([job], count)
        yield waiting


def make_metrics_app(registry: CollectorRegistry, context: AppContext) -> App:
    """Return an ASGI application that answers every request with the metrics."""
    metrics = ServiceMetrics(context)
    registry.register(metrics)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await metrics.count_troubles()
        headers = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": generate_latest(registry)})

    return app
