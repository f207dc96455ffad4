"""The renderer: renders templates inside the layout and returns them as responses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zlib import crc32

import msgspec
from litestar import Request, Response
from markupsafe import Markup

from community.shapes import CommunityPageVersion, CommunitySettings
from core.actor import Actor
from core.errors import NotFound
from core.ids import SectorId
from core.languages.texts import current_language, gettext
from forum.sectors import get_sector_id
from pages.shell.appearance.appearance import COOKIE, Appearance
from pages.shell.assets.static_files import StaticFiles
from pages.shell.jinja import environment
from pages.shell.layout import COMMUNITY_PAGES, DONE_MESSAGES, Community, Demonstration, Frame
from pages.shell.navigation import Navigations
from storage.database import Reader

HTML = "text/html"
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}

AnyRequest = Request[Any, Any, Any]

# Where the navigation marks the link that leads to the page.
_PLACES = ("/", "/g", "/b", "/s", "/inbox", "/unread", "/queue", "/admin", "/signin", "/help")


class Renderer:
    """The templates, the static files and the community's taxonomies of one process."""

    def __init__(self, make_community: Callable[[CommunitySettings], Community], site: str) -> None:
        """`make_community` returns the community in the current language, with what was changed in the browser; `site` is
        the public address of the service."""
        self.settings = CommunitySettings()
        self._make_community = make_community
        self._site = site
        self._communities: dict[str, Community] = {}
        self._groups: dict[str, dict[str, str]] = {}
        self.static_files = StaticFiles()
        self.templates = environment()
        self.sector_ids: dict[str, SectorId] = {}
        sectors = (f"/s/{slug}" for slug, _ in self.community.sectors)
        self.navigations = Navigations(self.templates, frozenset((*_PLACES, *sectors)))
        # What an operator says on every page (tertulia/http/maintenance.py); empty most of the time.
        self.banner = ""
        # Set where the community is invented (tertulia/http/maintenance.py).
        self.demonstration: Demonstration | None = None
        # The community pages in force (tertulia/http/community_pages.py).
        self.community_pages: Sequence[CommunityPageVersion] = ()

    @property
    def community(self) -> Community:
        """The community in the current language."""
        tag = current_language().tag
        if tag not in self._communities:
            self._communities[tag] = self._make_community(self.settings)
        return self._communities[tag]

    @property
    def groups(self) -> dict[str, str]:
        """The short names of stakeholder groups in the current language, as escaped HTML."""
        tag = current_language().tag
        if tag not in self._groups:
            self._groups[tag] = self.community.short_groups()
        return self._groups[tag]

    @property
    def groups_json(self) -> str:
        """The short names of stakeholder groups, for scripts."""
        return msgspec.json.encode(self.groups).decode()

    def use_settings(self, settings: CommunitySettings) -> None:
        """Show the community with these settings from now on."""
        if settings != self.settings:
            self.settings = settings
            self._communities.clear()
            self.navigations.clear()

    @property
    def pages_stamp(self) -> int:
        """The time of the last change of a community page of which members are told, in seconds; 0 if there is none."""
        told = [page.published_at for page in self.community_pages if page.is_announced]
        return int(max(told).timestamp()) + 1 if told else 0

    @property
    def pages_to_accept(self) -> list[tuple[str, str]]:
        """The addresses and names of the community pages that everyone who joins has to accept."""
        return [link_to(one) for one in self.community_pages if one.page != "imprint"]

    @property
    def version(self) -> str:
        """What every page depends on besides its own content, for ETags: the language, the static files, the banner, the
        settings that were changed, and which community pages there are."""
        banner = f"-{crc32(self.banner.encode()):x}" if self.banner else ""
        changed = (self.settings.name, self.settings.welcome, self.settings.colour)
        settings = "".join(f"-{one.changed_at.timestamp():f}" for one in changed if one)
        pages = "".join(f"-{one.page[:2]}" for one in self.community_pages)
        mark = "-demo" if self.demonstration else ""
        return f"{self.static_files.version}-{current_language().tag}{banner}{mark}{settings}{pages}"

    def address_of(self, request: AnyRequest) -> str:
        """Return the public address of the page that a request asks for, without its language; empty for a part of a list
        and for what a search found, which have a query."""
        query, scope = request.scope["query_string"], request.scope
        if scope["method"] != "GET" or (query and query != f"lang={current_language().tag}".encode()):
            return ""
        return f"{self._site}{quote(scope['path'])}"

    def render(
        self, request: AnyRequest, viewer: Actor, template: str, is_found: bool = False, /, **facts: Any
    ) -> bytes:
        """Return a page in the current language as bytes.

        What visitors find under an address (`is_found`) says so, and which address it has in each language.
        """
        language, appearance = current_language(), appearance_in(request)
        frame = Frame(
            community_facts=self.community,
            spoken=language,
            assets=self.static_files.prefix(language, appearance),
            appearance=appearance,
            viewer=viewer,
            path=request.scope["path"],
            # A page that answers a form may have an address that cannot be opened.
            here=request.scope["path"] if request.scope["method"] == "GET" else "/",
            said=_done_message(request),
            banner=gettext(self.banner) if self.banner else "",
            demonstration=self.demonstration,
            community_pages=[link_to(one) for one in self.community_pages],
            address=self.address_of(request) if is_found and viewer.id is None else "",
            names_language=bool(request.scope["query_string"]),
        )
        around = self.navigations.around(frame)
        frame.rail, frame.bottom, frame.foot = around.rail, around.bottom, around.foot
        return self.templates.get_template(template).render(frame=frame, **facts).encode()

    def page(
        self, request: AnyRequest, viewer: Actor, template: str, status: int = 200, **facts: Any
    ) -> Response[bytes]:
        """Return a page as a response that shared caches do not store."""
        return html_response(self.render(request, viewer, template, status == 200, **facts), status)

    async def sector_id(self, tx: Reader, slug: str) -> SectorId:
        """Return the id of a sector, which is cached because it never changes; raise NotFound."""
        if slug not in self.sector_ids:
            self.sector_ids[slug] = await get_sector_id(tx, slug)
        return self.sector_ids[slug]

    def sector_name(self, slug: str) -> str:
        """Return the name of a sector; raise NotFound."""
        for known, name in self.community.sectors:
            if known == slug:
                return name
        raise NotFound


def appearance_in(request: AnyRequest) -> Appearance:
    """Return the appearance that was chosen in the browser that sends the request."""
    return Appearance.from_code(request.cookies.get(COOKIE, ""))


def link_to(page: CommunityPageVersion) -> tuple[str, str]:
    """Return the address and the name of a community page."""
    return f"/about/{page.page}", gettext(COMMUNITY_PAGES[page.page])


def _done_message(request: AnyRequest) -> str:
    if b"done=" not in request.scope["query_string"]:
        return ""
    message = DONE_MESSAGES.get(request.query_params.get("done", ""))
    return gettext(message) if message else ""


def html_response(
    page: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Return HTML as a response that shared caches do not store."""
    return Response(page, status_code=status, headers={**PRIVATE, **(headers or {})}, media_type=HTML)


def redirect(address: str, done: str = "") -> Response[bytes]:
    """Redirect (303) to a page after a form; `done` is the key of the message that the page shows."""
    if done:
        path, hash_sign, fragment = address.partition("#")
        address = f"{path}{'&' if '?' in path else '?'}done={done}{hash_sign}{fragment}"
    location = quote(address, safe="/?=&#%:,+@!$'()*;~")
    return Response(b"", status_code=303, headers={"Location": location, "Cache-Control": "no-store"})


def safe(html: str) -> Markup:
    """Mark HTML as safe that was sanitized when it was stored."""
    return Markup(html)
