"""Handing process-wide values to route handlers without the framework's own resolution of each for each request."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, Request

from core.actor import Actor


def hand_out(
    app: Litestar, values: dict[str, Any], provide_actor: Callable[[Request[Any, Any, Any]], Actor]
) -> None:
    """Have what every route may ask for handed to it as it is: these values and the actor.

    The framework would resolve each anew for each request, those that wait for nothing in a task group, which costs
    more than they all do. What is left to it, it resolves in turn.
    """
    known = {*values, "actor"}
    for route in app.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            wanted = {one.key for batch in model.dependency_batches for one in batch}
            model.extractors.append(
                _giver(
                    {name: values[name] for name in wanted & values.keys()},
                    provide_actor if "actor" in wanted else None,
                )
            )
            model.dependency_batches = [
                {one} for batch in model.dependency_batches for one in batch if one.key not in known
            ]


def _giver(
    values: dict[str, Any], provide_actor: Callable[[Request[Any, Any, Any]], Actor] | None
) -> Callable[..., Awaitable[None]]:
    async def give(wanted: dict[str, Any], request: Request[Any, Any, Any]) -> None:
        wanted.update(values)
        if provide_actor is not None:
            wanted["actor"] = provide_actor(request)

    return give
