"""The query parameters that each route of Litestar takes, so that requests with other parameters can be refused."""

from litestar import Litestar

QUERY_PARAMETERS = "query_parameters"


def mark_query_parameters(app: Litestar, prefix: str) -> None:
    """Store with every handler below the path prefix the names of its query parameters, as `opt["query_parameters"]`.

    Litestar itself ignores parameters that a route does not know. Its models also have those that dependencies ask for.
    """
    for route in app.routes:
        if not route.path.startswith(prefix):
            continue
        for method, (handler, model) in getattr(route, "route_handler_map", {}).items():
            if method != "OPTIONS":
                names = frozenset(parameter.field_alias for parameter in model.expected_query_params)
                handler.opt[QUERY_PARAMETERS] = names
