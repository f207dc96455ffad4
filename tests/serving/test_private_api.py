"""The private names of uvicorn, websockets, Litestar and asyncpg that the service uses or overrides still exist.

If a test here fails after an upgrade, read the changes of the library, adapt the module in serving/ (or the one named
in the test), and then update the expectation.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
import uvicorn
from asyncpg import Connection
from litestar import Litestar, Request, Response, get
from litestar._kwargs.dependencies import DependencyContainer
from litestar._kwargs.kwargs_model import KwargsModel
from litestar._kwargs.parameter_definition import ParameterDefinition
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import connect
from websockets.server import ServerProtocol

from core.actor import VISITOR, Actor
from core.http import RawResponse
from realtime.peers import TRANSPORT_KEY
from serving.litestar_injection import inject_directly
from serving.uvicorn_http import SingleWriteProtocol
from serving.uvicorn_requests import BoundedProtocol
from serving.uvicorn_server import Server
from serving.uvicorn_websocket import OPTIONS, LiveProtocol

# The overridden methods, with their parameters.
METHODS: list[tuple[type, str, list[str]]] = [
    (HttpToolsProtocol, "connection_made", ["self", "transport"]),
    (HttpToolsProtocol, "on_message_begin", ["self"]),
    (HttpToolsProtocol, "on_url", ["self", "url"]),
    (HttpToolsProtocol, "on_header", ["self", "name", "value"]),
    (HttpToolsProtocol, "on_body", ["self", "body"]),
    (HttpToolsProtocol, "on_message_complete", ["self"]),
    (HttpToolsProtocol, "handle_websocket_upgrade", ["self"]),
    (HttpToolsProtocol, "send_400_response", ["self", "msg"]),
    (HttpToolsProtocol, "data_received", ["self", "data"]),
    (HttpToolsProtocol, "on_headers_complete", ["self"]),
    (HttpToolsProtocol, "connection_lost", ["self", "exc"]),
    (HttpToolsProtocol, "_start_asgi_task", ["self", "cycle", "app"]),
    (WebSocketsSansIOProtocol, "handle_connect", ["self", "event"]),
    (WebSocketsSansIOProtocol, "connection_lost", ["self", "exc"]),
    (WebSocketsSansIOProtocol, "shutdown", ["self"]),
    (WebSocketsSansIOProtocol, "pause_writing", ["self"]),
    (WebSocketsSansIOProtocol, "resume_writing", ["self"]),
    (WebSocketsSansIOProtocol, "send_receive_event_to_app", ["self"]),
    (WebSocketsSansIOProtocol, "handle_parser_exception", ["self"]),
    (WebSocketsSansIOProtocol, "stop_keepalive", ["self"]),
    (ServerProtocol, "send_close", ["self", "code", "reason"]),
    (ServerProtocol, "data_to_send", ["self"]),
    (uvicorn.Server, "capture_signals", ["self"]),
    # storage/connections.py
    (Connection, "_introspect_types", ["self", "typeoids", "timeout"]),
]

# The attributes that LiveProtocol and the HTTP protocols read or set, which the constructors of uvicorn create.
WEBSOCKET_ATTRIBUTES = [
    "transport",
    "queue",
    "conn",
    "loop",
    "close_sent",
    "close_timer",
    "disconnected",
    "read_paused",
    "frames",
    "curr_msg_data_type",
    "handshake_initiated",
]
HTTP_ATTRIBUTES = ["loop", "transport", "pipeline", "flow", "cycle", "parser"]
CYCLE_ATTRIBUTES = [
    "disconnected",
    "message_event",
    "response_complete",
    "response_started",
    "waiting_for_100_continue",
]


@pytest.mark.parametrize(
    ("owner", "name", "parameters"), METHODS, ids=[f"{owner.__name__}.{name}" for owner, name, _ in METHODS]
)
def test_overridden_methods_exist_with_these_parameters(
    owner: type, name: str, parameters: list[str]
) -> None:
    assert hasattr(owner, name), f"{owner.__qualname__}.{name} is gone"
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


async def test_the_protocols_have_the_attributes_that_are_used() -> None:
    config = uvicorn.Config(lambda: None, log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    live, http = LiveProtocol(config, state, {}), SingleWriteProtocol(config, state, {})
    assert [name for name in WEBSOCKET_ATTRIBUTES if not hasattr(live, name)] == []
    assert [name for name in HTTP_ATTRIBUTES if not hasattr(http, name)] == []
    assert hasattr(live.conn, "close_sent")


def test_our_own_names_do_not_hide_those_of_the_libraries() -> None:
    ours = {
        LiveProtocol: {"write", "buffered_bytes", "close_with", "set_callbacks", "clear_callbacks"},
        BoundedProtocol: {name for name in vars(BoundedProtocol) if name.startswith("_") and name[1] != "_"}
        - {"_start_asgi_task"},
    }
    for protocol, names in ours.items():
        parent = protocol.__bases__[0]
        assert {name for name in names if hasattr(parent, name)} == set()
        assert names <= set(vars(protocol))


def test_a_request_cycle_takes_a_transport_that_can_be_replaced() -> None:
    assert "transport" in inspect.signature(RequestResponseCycle.__init__).parameters
    assert [
        name for name in CYCLE_ATTRIBUTES if f"self.{name}" not in inspect.getsource(RequestResponseCycle)
    ] == []
    assert "cycle.transport" not in inspect.getsource(HttpToolsProtocol._start_asgi_task)


def test_litestar_has_the_attributes_of_the_injection() -> None:
    assert {"dependency_batches", "extractors", "expected_query_params"} <= set(KwargsModel.__slots__)
    assert "field_alias" in ParameterDefinition._fields  # serving/litestar_parameters.py
    assert "key" in DependencyContainer.__slots__
    assert "route_handler_map" in HTTPRoute.__slots__
    assert isinstance(HTTPRouteHandler.parsed_data_field, property)  # tertulia/http/json_requests.py
    assert "app" in inspect.signature(Response.to_asgi_response).parameters  # core/http.py
    assert RawResponse(b"", 200, []).to_asgi_response(None, None) is not None


@get("/", sync_to_thread=False)
def _greet(word: NamedDependency[str], actor: NamedDependency[Actor], size: NamedDependency[int]) -> str:
    return f"{word} {actor.handle} {size}"


def test_injected_values_reach_the_handler_beside_those_that_litestar_resolves() -> None:
    provide: Callable[[Any], Provide] = lambda value: Provide(lambda: value, sync_to_thread=False)  # noqa: E731
    app = Litestar(
        [_greet], dependencies={"word": provide("litestar"), "actor": provide(None), "size": provide(3)}
    )
    asked: list[Request[Any, Any, Any]] = []

    def provide_actor(request: Request[Any, Any, Any]) -> Actor:
        asked.append(request)
        return VISITOR

    inject_directly(app, {"word": "ours"}, {"actor": provide_actor})

    with TestClient(app) as client:
        assert client.get("/").text == "ours None 3"
    assert len(asked) == 1


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """A server with the protocols of the service that answers requests and sends back what sockets say."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        transport = scope["extensions"].pop(TRANSPORT_KEY)
        closed = asyncio.Event()
        transport.set_callbacks(closed.set, lambda _: None)
        message = await receive()
        assert message == {"type": "websocket.receive", "data": b"hello"}
        transport.write(b"\x81\x05hello")
        assert transport.buffered_bytes() == 0
        transport.close_with(4408)
        await asyncio.wait_for(closed.wait(), 5)

    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, **OPTIONS)
    server = Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has only this flag)
        await asyncio.sleep(0.005)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"{host}:{port}"
    server.should_exit = True
    await task


async def test_http_and_websockets_work_through_the_protocols(echo: str) -> None:
    async with httpx2.AsyncClient() as client:
        assert (await client.get(f"http://{echo}/")).text == "ok"
        assert (await client.head(f"http://{echo}/")).status_code == 200
    async with connect(f"ws://{echo}/") as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
        await socket.wait_closed()
    assert socket.close_code == 4408
