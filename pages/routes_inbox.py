"""The inbox: what the member was told, and why."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.http import Cursor
from forum import inbox
from forum.shapes_inbox import Notification
from pages.addresses import topic_address
from pages.forms import BadButton, number_in, read_form, text_in
from pages.press import go_to
from pages.routes_members import Study


@get("/inbox", include_in_schema=False)
async def show_inbox(study: NamedDependency[Study], after: Cursor = None) -> Response[bytes]:
    """What the member was told, the latest first."""
    async with study.db.read() as tx:
        page = await inbox.read_inbox(tx, study.actor, study.db.epoch, after)
    facts = {
        "page": page,
        "told": page.items,
        "groups": _by_topic(page.items),
        "addresses": _addresses(page.items),
    }
    return study.press.page(study.request, study.actor, "inbox.html", 200, **facts)


@post("/inbox/read", include_in_schema=False)
async def mark_read(study: NamedDependency[Study]) -> Response[bytes]:
    """Mark one as read, or all."""
    pressed = text_in(await read_form(study.request), "read")
    number = number_in(pressed)
    if number is None and pressed != "all":
        raise BadButton
    async with study.db.begin() as tx:
        if number is None:
            await inbox.read_all(tx, study.actor)
        else:
            await inbox.read_notification(tx, study.actor, number)
    return go_to("/inbox")


def _by_topic(items: list[Notification]) -> list[list[Notification]]:
    # A topic stands where its latest is.
    groups: dict[int, list[Notification]] = {}
    for item in items:
        groups.setdefault(item.topic, []).append(item)
    return list(groups.values())


def _addresses(items: list[Notification]) -> dict[int, str]:
    return {
        item.id: topic_address(item.topic, item.title) + (f"/{item.number}" if item.number else "")
        for item in items
    }


routes = [show_inbox, mark_read]
