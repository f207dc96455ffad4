"""Alive, ready, described: what operators and client authors look at first."""

from collections.abc import Iterable

import httpx2
import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from serving.uvicorn_http import OneWrite
from tertulia.web import create_app
from tests.support.service import Service


async def test_it_is_alive_and_ready(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health")).status_code == 200
    ready = await client.get("/ready")
    assert ready.status_code == 200, ready.text
    assert ready.json() == {"ready": True, "database": True, "bell": True, "delivery": True}


async def test_the_api_is_described_without_foreign_assets(client: httpx2.AsyncClient) -> None:
    schema = (await client.get("/api/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/topics/{topic_id}/posts" in schema["paths"]
    docs = await client.get("/api/docs")
    assert docs.status_code == 200
    assert "//" not in docs.text.replace("http://", "").replace("application/", "")


async def test_every_response_carries_the_security_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/health", "/api/v1/sectors", "/api/v1/topics/99999999", "/nothing/here"):
        headers = (await client.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 16


async def test_a_listener_joins_and_hears_a_pong(app: Service) -> None:
    async with app.listening("sectors") as feed:
        assert feed.joined["type"] == "joined"
        await feed.socket.send('{"type":"ping"}')
        assert await feed.next("pong")


async def test_what_every_route_may_ask_for_is_handed_to_it(app: Service) -> None:
    house = replace(app.houses[0], registry=CollectorRegistry())
    routes = create_app(house).app.routes
    models = [model for route in routes for _, model in getattr(route, "route_handler_map", {}).values()]
    left = {one.key for model in models for batch in model.dependency_batches for one in batch}
    assert "idempotent" in left and not left & {"actor", "db", "cache", "renderer", "hub"}
    assert all(len(batch) == 1 for model in models for batch in model.dependency_batches)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_long_answers_are_packed_for_those_who_take_them_so(
    app: Service, client: httpx2.AsyncClient, method: str
) -> None:
    packed = await client.request(method, "/api/openapi.json", headers={"Accept-Encoding": "br, gzip"})
    plain = await client.request(method, "/api/openapi.json", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    short = await client.request(method, "/health", headers={"Accept-Encoding": "gzip"})
    assert short.status_code == 200 and "content-encoding" not in short.headers


def test_the_head_of_a_response_leaves_with_what_follows_it() -> None:
    written = _Written()
    way_out = OneWrite(written)
    way_out.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert len(written.writes) == 1
    way_out.write(b"HTTP/1.1 200 OK\r\n\r\n")
    assert len(written.writes) == 1
    way_out.write(b"one")
    way_out.write(b"two")
    assert written.writes[1:] == [b"HTTP/1.1 200 OK\r\n\r\none", b"two"]
    cut_off = OneWrite(written)
    cut_off.write(b"HTTP/1.1 200 OK\r\n\r\n")
    cut_off.close()
    assert written.writes[3:] == [b"HTTP/1.1 200 OK\r\n\r\n", b"closed"]


class _Written:
    def __init__(self) -> None:
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.writes.append(b"".join(parts))

    def close(self) -> None:
        self.writes.append(b"closed")
