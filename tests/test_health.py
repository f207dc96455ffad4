"""Alive, ready, described: what operators and client authors look at first."""

import httpx2
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from tertulia.web import create_app
from tests.walking import Service


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


async def test_dependencies_are_resolved_one_by_one(app: Service) -> None:
    house = replace(app.houses[0], registry=CollectorRegistry())
    routes = create_app(house).app.routes
    models = [model for route in routes for _, model in getattr(route, "route_handler_map", {}).values()]
    assert any(len(model.dependency_batches) > 2 for model in models)
    assert all(len(batch) == 1 for model in models for batch in model.dependency_batches)
