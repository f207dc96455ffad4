"""The navigation around every page: the rail, the bar at the bottom of phones and the foot.

It depends on the viewer's rights and, for a few places that it marks as the current one, on the path. It is rendered once
for each combination, with marks where an address leads back to the page on which it stands.
"""

from secrets import token_hex
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape
from msgspec import Struct, structs

from pages.shell.layout import Frame
from pages.shell.urls import page_of, sign_in_address

_MAX_KEPT = 2_000
# Nobody wants to go back there after signing in.
_ACCOUNT_PAGES = ("/signin", "/register", "/reset", "/verify", "/claim-admin", "/found/")


class PageAddresses(Struct, frozen=True):
    """What differs on each page: its path as HTML, its path in the query of an address, and where its visitors sign in."""

    here: str
    here_in_query: str
    sign_in: str


class Navigation(Struct, frozen=True):
    """The parts of the navigation, rendered."""

    rail: Markup
    bottom: Markup
    foot: Markup


# Random, so that no text of a page can contain them.
_MARKS = PageAddresses(*(f"mark-{token_hex(12)}" for _ in range(3)))


class Navigations:
    """The navigations of one process; `places` are the paths whose links are marked as the current page."""

    def __init__(self, templates: Environment, places: frozenset[str]) -> None:
        self._templates = templates
        self._places = places
        self._kept: dict[tuple[Any, ...], Navigation] = {}

    def clear(self) -> None:
        """Forget what was rendered, because the community has changed."""
        self._kept.clear()

    def around(self, frame: Frame) -> Navigation:
        """Return the navigation of a page."""
        viewer = frame.viewer
        at = frame.path if frame.path in self._places or frame.path == f"/m/{viewer.handle}" else ""
        key = (
            frame.spoken,
            viewer.handle,
            viewer.display_name,
            viewer.picture,
            frame.has_duties,
            frame.uses_queue,
            *frame.community_pages,
            bool(frame.languages),
            at,
        )
        made = self._kept.get(key)
        if made is None:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            made = Navigation(*(self._render(frame, name) for name in Navigation.__struct_fields__))
            self._kept[key] = made
        return _leading_back(made, frame.here)

    def _render(self, frame: Frame, name: str) -> Markup:
        return Markup(
            self._templates.get_template(f"shell/{name}.html").render(frame=frame, addresses=_MARKS)
        )


def _leading_back(navigation: Navigation, here: str) -> Navigation:
    onward = "" if here.startswith(_ACCOUNT_PAGES) else page_of(here)
    addresses = PageAddresses(str(escape(here)), quote(here), str(escape(sign_in_address(onward))))
    changes = list(zip(structs.astuple(_MARKS), structs.astuple(addresses), strict=True))

    def fill(part: str) -> Markup:
        for mark, address in changes:
            part = part.replace(mark, address)
        return Markup(part)

    return Navigation(*(fill(str(part)) for part in structs.astuple(navigation)))
