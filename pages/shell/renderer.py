"""The press: makes pages of templates and facts, each in its frame."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from markupsafe import Markup

from core.actor import Actor
from core.errors import NotFound
from core.ids import SectorId
from forum.sectors import get_sector_id
from pages.shell.assets import Statics
from pages.shell.jinja import environment
from pages.shell.layout import SAID, Community, Frame
from storage.database import Reader

HTML = "text/html"
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}

AnyRequest = Request[Any, Any, Any]

_MOST_PLACES = 2_000


class Renderer:
    """The templates, the static files and the community's words of one process."""

    def __init__(self, community: Community) -> None:
        self.community = community
        self.groups = community.short_groups()
        self.groups_json = msgspec.json.encode(self.groups).decode()
        self.statics = Statics()
        self.templates = environment()
        self.sector_ids: dict[str, SectorId] = {}
        self.marked = {"/", "/g", "/b", "/s", "/inbox", "/unread", "/queue", "/admin", "/signin", "/help"}
        self.marked |= {f"/s/{slug}" for slug, _ in community.sectors}
        self.places: dict[tuple[Any, ...], tuple[Markup, Markup]] = {}

    def render(self, request: AnyRequest, viewer: Actor, template: str, **facts: Any) -> bytes:
        """A page as bytes."""
        frame = Frame(
            community_facts=self.community,
            assets=self.statics.prefix,
            viewer=viewer,
            path=request.scope["path"],
            said=_said(request),
        )
        frame.rail, frame.bottom = self._places(frame)
        return self.templates.get_template(template).render(frame=frame, **facts).encode()

    def page(
        self, request: AnyRequest, viewer: Actor, template: str, status: int = 200, **facts: Any
    ) -> Response[bytes]:
        """A page as a response that no shared cache keeps."""
        return html_response(self.render(request, viewer, template, **facts), status)

    def _places(self, frame: Frame) -> tuple[Markup, Markup]:
        # They depend on who looks and from which of these places: rendered once for each, not once a page.
        viewer = frame.viewer
        at = frame.path if frame.path in self.marked or frame.path == f"/m/{viewer.handle}" else ""
        key = (viewer.handle, viewer.display_name, viewer.is_administrator, bool(viewer.moderates), at)
        if key not in self.places:
            if len(self.places) >= _MOST_PLACES:
                self.places.clear()
            made = [
                self.templates.get_template(name).render(frame=frame)
                for name in ("shell/rail.html", "shell/bottom.html")
            ]
            self.places[key] = (Markup(made[0]), Markup(made[1]))
        return self.places[key]

    async def sector_id(self, tx: Reader, slug: str) -> SectorId:
        """The id behind a sector's slug; asked for once, as it never changes."""
        if slug not in self.sector_ids:
            self.sector_ids[slug] = await get_sector_id(tx, slug)
        return self.sector_ids[slug]

    def sector_name(self, slug: str) -> str:
        """A sector's name."""
        for known, name in self.community.sectors:
            if known == slug:
                return name
        raise NotFound


def _said(request: AnyRequest) -> str:
    if b"done=" not in request.scope["query_string"]:
        return ""
    return SAID.get(request.query_params.get("done", ""), "")


def html_response(
    page: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """HTML as a response."""
    return Response(page, status_code=status, headers={**PRIVATE, **(headers or {})}, media_type=HTML)


def go_to(address: str, done: str = "") -> Response[bytes]:
    """After a form: on to a page, which may say what was done."""
    if done:
        path, hash_sign, fragment = address.partition("#")
        address = f"{path}{'&' if '?' in path else '?'}done={done}{hash_sign}{fragment}"
    location = quote(address, safe="/?=&#%:,+@!$'()*;~")
    return Response(b"", status_code=303, headers={"Location": location, "Cache-Control": "no-store"})


def safe(html: str) -> Markup:
    """HTML that was sanitised when it was written."""
    return Markup(html)
