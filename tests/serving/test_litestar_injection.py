"""Tests of the fast injection: Litestar resolves only what differs from request to request."""

from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from tertulia.web import create_app
from tests.support.service import Service


async def test_litestar_resolves_only_what_is_not_injected_directly(app: Service) -> None:
    context = replace(app.contexts[0], registry=CollectorRegistry())
    routes = create_app(context).app.routes
    models = [model for route in routes for _, model in getattr(route, "route_handler_map", {}).values()]
    left = {dependency.key for model in models for batch in model.dependency_batches for dependency in batch}
    assert "idempotent" in left and not left & {"actor", "context", "db", "cache", "renderer", "hub"}
    assert all(len(batch) == 1 for model in models for batch in model.dependency_batches)
