"""The page context: the request, its actor and the process-wide values that page handlers use."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from msgspec import Struct

from core.actor import Actor
from forum.posts.screening import Screen
from forum.writing.replies import Replies
from gatherings.rooms.rooms import Presence
from members.accounts.cookies import CookieRules
from members.profiles.trust import TrustRules
from members.shapes import Taxonomies
from pages.shell.renderer import Renderer
from storage.cache import VersionedCache
from storage.database import Database


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


def provide_context(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    taxonomies: NamedDependency[Taxonomies],
    trust: NamedDependency[TrustRules],
    replies: NamedDependency[Replies],
    presence: NamedDependency[Presence],
    cookie_rules: NamedDependency[CookieRules],
    cache: NamedDependency[VersionedCache],
) -> PageContext:
    """Return the context of one request for a page."""
    return PageContext(
        request, actor, db, renderer, taxonomies, trust, replies.screen, presence, cookie_rules, cache
    )
