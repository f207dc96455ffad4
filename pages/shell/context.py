"""The page context: the request, its actor and the process-wide values that page handlers use."""

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


class PageContext(Struct, frozen=True, kw_only=True):
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
    # Whether the operator has chosen a translator of posts.
    may_translate: bool
