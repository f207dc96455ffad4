"""The private port: an application that answers with the metrics, and the server for it."""

import socket

import uvicorn
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, generate_latest

from core.threads import in_thread
from serving.uvicorn_server import Server
from tertulia.http.middleware import App, Receive, Scope, Send
from tertulia.metrics.collectors import DatabaseCollector, Observed, ServiceCollector


async def serve_metrics(registry: CollectorRegistry, observed: Observed, listener: socket.socket) -> None:
    """Serve the metrics of this process until cancelled, on a socket that is bound already: uvicorn would end the process
    without a line in the log if it could not bind."""
    config = uvicorn.Config(
        make_metrics_app(registry, observed), loop="none", lifespan="off", log_config=None, access_log=False
    )
    await Server(config).serve(sockets=[listener])


def make_metrics_app(registry: CollectorRegistry, observed: Observed) -> App:
    """Return an ASGI application that answers `/health` with 200, and every other request with the metrics."""
    database = DatabaseCollector(observed.db)
    registry.register(ServiceCollector(observed))
    registry.register(database)
    ProcessCollector(namespace="tertulia", registry=registry)
    # Otherwise each counter would have a second series that says when it began.
    disable_created_metrics()  # type: ignore[no-untyped-call]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/health":
            body = b"alive\n"
        else:
            await database.refresh()
            # Some thousand series take a tenth of a second.
            body = await in_thread(generate_latest, registry)
        headers = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
