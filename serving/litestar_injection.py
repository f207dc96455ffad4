"""Fast injection: gives route handlers the values of the process without Litestar's resolution for each request."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, Request

from core.actor import Actor


def inject_directly(
    app: Litestar, values: dict[str, Any], provide_actor: Callable[[Request[Any, Any, Any]], Actor]
) -> None:
    """Give these values and the actor to every route that asks for them; Litestar resolves only what is left.

    Litestar resolves each dependency again for each request, those that do not depend on each other in a task group. That
    costs more than all the values are worth, as they do not change while the process runs.
    """
    known = {*values, "actor"}
    for route in app.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            wanted = {dependency.key for batch in model.dependency_batches for dependency in batch}
            model.extractors.append(
                _make_extractor(
                    {name: values[name] for name in wanted & values.keys()},
                    provide_actor if "actor" in wanted else None,
                )
            )
            model.dependency_batches = [
                {dependency}
                for batch in model.dependency_batches
                for dependency in batch
                if dependency.key not in known
            ]


def _make_extractor(
    values: dict[str, Any], provide_actor: Callable[[Request[Any, Any, Any]], Actor] | None
) -> Callable[..., Awaitable[None]]:
    async def extract(arguments: dict[str, Any], request: Request[Any, Any, Any]) -> None:
        arguments.update(values)
        if provide_actor is not None:
            arguments["actor"] = provide_actor(request)

    return extract
