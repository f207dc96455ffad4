"""The web application: routes, their dependencies, and the order of what surrounds them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from boards.routes import routes as board_routes
from core import clock
from core.actor import Actor
from core.ids import SessionId
from forum.routes import routes as forum_routes
from gatherings.routes import routes as gathering_routes
from members.cookies import cookie_name
from members.routes import routes as member_routes
from members.sessions import find_actor, load_actor
from moderation.routes import routes as moderation_routes
from pages import routes as page_routes
from pages.press import Press
from realtime.access import Sessions
from realtime.routes import routes as live_routes
from realtime.socket import LiveSocket
from storage.database import Database
from tertulia import own_data
from tertulia.admission import make_door, provide_actor, provide_once
from tertulia.bodies import StrictRequest
from tertulia.community import page_community
from tertulia.docs import docs
from tertulia.errors import respond_to_error
from tertulia.front import Front
from tertulia.health import health, ready
from tertulia.house import House

# 20,000 characters of post, each of which JSON may write as six bytes, and their frame.
LARGEST_BODY = 256 * 1024


def create_app(house: House) -> Front:
    """The ASGI application of one process over an open house."""
    api = Router(
        "/api/v1",
        route_handlers=[
            *member_routes,
            *forum_routes,
            *gathering_routes,
            *board_routes,
            *moderation_routes,
            *live_routes,
            *own_data.routes,
        ],
    )
    pages = Router("/", route_handlers=page_routes.routes, dependencies=page_routes.dependencies)
    press = Press(page_community(house.community))
    values = _values(house, press)
    config = AppConfig(
        route_handlers=[api, pages, health, ready, docs],
        dependencies=_dependencies(values),
        before_request=_door(house),
        request_class=StrictRequest,
        exception_handlers={Exception: partial(respond_to_error, press)},
        request_max_body_size=LARGEST_BODY,
        openapi_config=OpenAPIConfig(
            title="Tertulia",
            version="1",
            path="/api",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        logging_config=None,
        debug=False,
    )
    app = Litestar.from_config(config)
    _hand_out(app, values)
    return Front(app, _socket(house), house.registry, house.settings.is_secure)


def _door(house: House) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    # As a step before the request, not as a guard: for those the framework copies the connection each time.
    admit = make_door(house.settings, house.db, house.limiter)

    async def enter(request: Request[Any, Any, Any]) -> None:
        await admit(request, request.route_handler)

    return enter


def _hand_out(app: Litestar, values: dict[str, Any]) -> None:
    """Have what every route may ask for handed to it as it is: these values and the actor.

    The framework would resolve each anew for each request, those that wait for nothing in a task group, which costs
    more than they all do. What is left to it, it resolves in turn.
    """
    known = {*values, "actor"}
    for route in app.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            wanted = {one.key for batch in model.dependency_batches for one in batch}
            model.extractors.append(
                _giver({name: values[name] for name in wanted & values.keys()}, "actor" in wanted)
            )
            model.dependency_batches = [
                {one} for batch in model.dependency_batches for one in batch if one.key not in known
            ]


def _giver(values: dict[str, Any], with_actor: bool) -> Callable[..., Awaitable[None]]:
    async def give(wanted: dict[str, Any], request: Request[Any, Any, Any]) -> None:
        wanted.update(values)
        if with_actor:
            wanted["actor"] = provide_actor(request)

    return give


def _socket(house: House) -> LiveSocket:
    async def find(db: Database, token: str) -> Actor | None:
        async with db.read() as tx:
            return await find_actor(tx, token, clock.now())

    async def load(db: Database, session: SessionId) -> Actor | None:
        async with db.read() as tx:
            return await load_actor(tx, session, clock.now())

    return LiveSocket(
        house.hub,
        Sessions(find=find, load=load),
        cookie=cookie_name(house.settings.is_secure),
        origins=house.settings.allowed_origins,
    )


def _values(house: House, press: Press) -> dict[str, Any]:
    """What routes may ask for by name."""
    return {
        "settings": house.settings,
        "community": house.community,
        "community_name": house.community.name,
        "taxonomies": house.taxonomies,
        "trust": house.trust,
        "ladder": house.community.ladder,
        "db": house.db,
        "bell": house.bell,
        "hub": house.hub,
        "replies": house.replies,
        "screening": house.screening,
        "asking": house.asking,
        "votes": house.votes,
        "ballots": house.ballots,
        "room_reactions": house.room_reactions,
        "limiter": house.limiter,
        "cache": house.cache,
        "press": press,
        "presence": house.hub.attendance,
    }


def _dependencies(values: dict[str, Any]) -> dict[str, Provide | Callable[..., Any]]:
    provided: dict[str, Provide | Callable[..., Any]] = {
        name: _value(value) for name, value in values.items()
    }
    provided["actor"] = Provide(provide_actor, sync_to_thread=False)
    provided["once"] = Provide(provide_once)
    return provided


def _value(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
