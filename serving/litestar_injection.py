"""Fast injection: gives route handlers the values of the process without Litestar's resolution for each request."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Litestar, Request


def inject_directly(
    app: Litestar,
    values: Mapping[str, Any],
    from_request: Mapping[str, Callable[[Request[Any, Any, Any]], Any]],
) -> None:
    """Give every route the values that it asks for; Litestar resolves only what is left.

    `values` are the same for all requests, those of `from_request` are made by a function of the request.

    Litestar resolves each dependency again for each request, those that do not depend on each other in a task group. That
    costs more than all the values are worth, as they do not change while the process runs.
    """
    known = {*values, *from_request}
    for route in app.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            wanted = {dependency.key for batch in model.dependency_batches for dependency in batch}
            model.extractors.append(
                _make_extractor(
                    {name: values[name] for name in wanted & values.keys()},
                    {name: from_request[name] for name in wanted & from_request.keys()},
                )
            )
            model.dependency_batches = [
                {dependency}
                for batch in model.dependency_batches
                for dependency in batch
                if dependency.key not in known
            ]


def _make_extractor(
    values: dict[str, Any], from_request: dict[str, Callable[[Request[Any, Any, Any]], Any]]
) -> Callable[..., Awaitable[None]]:
    async def extract(arguments: dict[str, Any], request: Request[Any, Any, Any]) -> None:
        arguments.update(values)
        for name, provide in from_request.items():
            arguments[name] = provide(request)

    return extract
