"""The page context: the request, its actor and the process-wide values that page handlers use."""

from collections.abc import Callable
from typing import Any

from litestar import Request
from msgspec import Struct

from core.actor import Actor
from forum.posts.screening import Screen
from gatherings.rooms.rooms import Presence
from members.accounts.cookies import CookieRules
from members.profiles.trust import TrustRules
from members.shapes import Taxonomies
from pages.shell.renderer import Renderer
from storage.cache import VersionedCache
from storage.database import Database


class PageServices(Struct, frozen=True, kw_only=True):
    """The values that are the same for every page of a process."""

    db: Database
    renderer: Renderer
    taxonomies: Taxonomies
    trust: TrustRules
    screen: Screen
    presence: Presence
    cookies: CookieRules
    cache: VersionedCache


class PageContext(Struct, frozen=True):
    """One request for a page, its actor, and the process-wide values that pages use."""

    request: Request[Any, Any, Any]
    actor: Actor
    db: Database
    renderer: Renderer
    taxonomies: Taxonomies
    trust: TrustRules
    screen: Screen
    presence: Presence
    cookies: CookieRules
    cache: VersionedCache


def make_context_provider(
    services: PageServices, find_actor: Callable[[Request[Any, Any, Any]], Actor]
) -> Callable[[Request[Any, Any, Any]], PageContext]:
    """Return the function that makes the context of a request; `find_actor` returns the actor of a request."""

    def provide_context(request: Request[Any, Any, Any]) -> PageContext:
        return PageContext(
            request,
            find_actor(request),
            services.db,
            services.renderer,
            services.taxonomies,
            services.trust,
            services.screen,
            services.presence,
            services.cookies,
            services.cache,
        )

    return provide_context
