"""Metrics in the text format of Prometheus, served on a private port."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import asdict
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tertulia.context import AppContext
from tertulia.http.middleware import App, Receive, Scope, Send


class ServiceMetrics(Collector):
    """The counters of delivery and the database pool, read when Prometheus asks for them."""

    def __init__(self, context: AppContext) -> None:
        self.context = context

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


def make_metrics_app(registry: CollectorRegistry, context: AppContext) -> App:
    """Return an ASGI application that answers every request with the metrics."""
    registry.register(ServiceMetrics(context))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": generate_latest(registry)})

    return app
