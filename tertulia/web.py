"""The web application of a process: its routes, their dependencies, and what runs before and after them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from administration.routes import routes as administration_routes
from boards.routes import routes as board_routes
from community.routes import routes as community_routes
from core import clock
from core.actor import Actor
from core.ids import SessionId
from forum.routes import routes as forum_routes
from gatherings.routes import routes as gathering_routes
from members.accounts.cookies import CookieRules, cookie_name
from members.accounts.sessions import find_actor, load_actor
from members.routes import routes as member_routes
from moderation.routes import routes as moderation_routes
from pages import routes as page_routes
from pages.shell.context import PageContext
from pages.shell.renderer import Renderer
from personal_data import export as personal_data_export
from personal_data.routes import routes as erasure_routes
from realtime.access import Sessions
from realtime.routes import routes as live_routes
from realtime.socket import LiveSocket
from serving.litestar_injection import inject_directly
from serving.litestar_parameters import mark_query_parameters
from storage.database import Database
from tertulia.community import page_community, with_settings
from tertulia.context import AppContext
from tertulia.doctor.service_state import make_state_reader
from tertulia.http.api_docs import docs
from tertulia.http.draining import Drain
from tertulia.http.errors import respond_to_error
from tertulia.http.health import HEALTH_CHECK, health, ready
from tertulia.http.json_requests import StrictRequest
from tertulia.http.maintenance import make_maintenance_guard
from tertulia.http.middleware import HttpMiddleware
from tertulia.http.request_context import make_request_guard, provide_actor, provide_idempotent_request
from tertulia.translators import make_translator

# A post of 20,000 characters, each of which JSON may encode as six bytes, and the other fields.
LARGEST_BODY = 256 * 1024
_OPENAPI = OpenAPIConfig(
    title="Tertulia",
    version="1",
    path="/api",
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
)

_API_ROUTES = [
    *member_routes,
    *forum_routes,
    *community_routes,
    *gathering_routes,
    *board_routes,
    *moderation_routes,
    *live_routes,
    *personal_data_export.routes,
    *erasure_routes,
    *administration_routes,
]


def create_app(context: AppContext) -> HttpMiddleware:
    """Return the ASGI application of a process."""
    api = Router("/api/v1", route_handlers=_API_ROUTES)
    renderer = Renderer(partial(page_community, context.community), context.db.site)
    drain = Drain()
    values = _injected_values(context, renderer)
    provide_context = _make_context_provider(context, renderer)
    pages = Router(
        "/",
        route_handlers=page_routes.routes,
        dependencies={"context": Provide(provide_context, sync_to_thread=False)},
    )
    config = AppConfig(
        route_handlers=[api, pages, health, ready, docs],
        dependencies=_dependencies(values),
        before_request=_request_guard(context, renderer, drain),
        before_send=[context.limits.charge_refused],
        request_class=StrictRequest,
        exception_handlers={Exception: partial(respond_to_error, renderer)},
        request_max_body_size=LARGEST_BODY,
        openapi_config=_OPENAPI,
        logging_config=None,
        debug=False,
    )
    app = Litestar.from_config(config)
    mark_query_parameters(app, "/api/v1/")
    from_request = {"actor": provide_actor, "context": provide_context}
    inject_directly(app, values, {**from_request, "community_name": lambda _: _name_now(context, renderer)})
    return HttpMiddleware(
        app,
        _live_socket(context),
        context.registry,
        drain,
        is_secure=context.settings.is_secure,
        language=renderer.community.language,
    )


def _request_guard(
    context: AppContext, renderer: Renderer, drain: Drain
) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    # A `before_request` hook and not a Litestar guard, because Litestar copies the connection for guards.
    guard = make_request_guard(context.settings, context.db, context.limits)
    ensure_writable = make_maintenance_guard(context.current.switches, renderer)

    async def check(request: Request[Any, Any, Any]) -> None:
        options = request.route_handler.opt
        # The page that says that the service restarts needs its style, which is public too.
        if options.get(HEALTH_CHECK) or not options.get("public"):
            drain.ensure_open(HEALTH_CHECK in options)
        if not options.get("public"):
            await ensure_writable(request)
        await context.current.show_with(renderer)
        await guard(request, request.route_handler)

    return check


def _live_socket(context: AppContext) -> LiveSocket:
    async def find(db: Database, token: str) -> Actor | None:
        async with db.read() as tx:
            return await find_actor(tx, token, clock.now())

    async def load(db: Database, session: SessionId) -> Actor | None:
        async with db.read() as tx:
            return await load_actor(tx, session, clock.now())

    return LiveSocket(
        context.hub,
        Sessions(find=find, load=load),
        cookie=cookie_name(context.settings.is_secure),
        origins=context.settings.allowed_origins,
    )


def _make_context_provider(
    context: AppContext, renderer: Renderer
) -> Callable[[Request[Any, Any, Any]], PageContext]:
    make = partial(
        PageContext,
        db=context.db,
        renderer=renderer,
        taxonomies=context.taxonomies,
        trust=context.trust,
        screen=context.replies.screen,
        presence=context.hub.presence,
        cookies=CookieRules(context.settings.is_secure),
        cache=context.cache,
        may_translate=bool(context.settings.translator_url),
    )

    def provide_context(request: Request[Any, Any, Any]) -> PageContext:
        return make(request=request, actor=provide_actor(request))

    return provide_context


def _name_now(context: AppContext, renderer: Renderer) -> str:
    community = with_settings(context.community, renderer.settings)
    return community.original(community.name)


def _injected_values(context: AppContext, renderer: Renderer) -> dict[str, Any]:
    """Return the values that routes can ask for by name."""
    return {
        "settings": context.settings,
        "community": context.community,
        "taxonomies": context.taxonomies,
        "trust": context.trust,
        "ladder": context.community.ladder,
        "db": context.db,
        "bus": context.bus,
        "hub": context.hub,
        "replies": context.replies,
        "screening": context.screening,
        "question_writer": context.question_writer,
        "votes": context.votes,
        "ballots": context.ballots,
        "room_reactions": context.room_reactions,
        "cache": context.cache,
        "renderer": renderer,
        "translator": make_translator(context.settings),
        "presence": context.hub.presence,
        "service_state": make_state_reader(context.settings, context.db),
        "cookie_rules": CookieRules(context.settings.is_secure),
    }


def _dependencies(values: dict[str, Any]) -> dict[str, Provide | Callable[..., Any]]:
    provided: dict[str, Provide | Callable[..., Any]] = {
        name: _provide(value) for name, value in values.items()
    }
    provided["actor"] = Provide(provide_actor, sync_to_thread=False)
    provided["community_name"] = _provide("")  # injected directly
    provided["idempotent"] = Provide(provide_idempotent_request)
    return provided


def _provide(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
