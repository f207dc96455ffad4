"""The inbox: what the member was told, and why."""

from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.http import Cursor
from forum import inbox
from forum.shapes_inbox import FILTERS, Notification, Only
from pages.addresses import safe_next, topic_address
from pages.forms import BadButton, number_in, read_form, text_in
from pages.press import go_to
from pages.routes_members import Study


@get("/inbox", include_in_schema=False)
async def show_inbox(
    study: NamedDependency[Study],
    after: Cursor = None,
    only: FromQuery[Only | None] = None,
    done: FromQuery[bool] = False,
) -> Response[bytes]:
    """What the member was told, the latest first."""
    async with study.db.read() as tx:
        page = await inbox.read_inbox(tx, study.actor, study.db.epoch, after, only, done)
    facts = {
        "page": page,
        "told": page.items,
        "groups": _by_topic(page.items),
        "addresses": _addresses(page.items),
        "filters": [(one, _address(one, done), one == only) for one in (None, *FILTERS)],
        "other": _address(only, not done),
        "here": _address(only, done),
        "only": only,
        "done": done,
    }
    return study.press.page(study.request, study.actor, "inbox.html", 200, **facts)


@post("/inbox/read", include_in_schema=False)
async def mark_read(study: NamedDependency[Study]) -> Response[bytes]:
    """Mark one as read, or all; put what is about one topic away, or take it out."""
    typed = await read_form(study.request)
    pressed = text_in(typed, "read")
    verb, _, number = pressed.rpartition("-")
    told = number_in(number)
    if verb not in _VERBS or (told is None and pressed != "all"):
        raise BadButton
    async with study.db.begin() as tx:
        if told is None:
            await inbox.read_all(tx, study.actor)
        else:
            await _VERBS[verb](tx, study.actor, told)
    return go_to(safe_next(text_in(typed, "back") or "/inbox"))


_VERBS = {"": inbox.read_notification, "done": inbox.put_away, "undone": inbox.take_out}


def _address(only: Only | None, done: bool) -> str:
    query = urlencode({**({"only": only} if only else {}), **({"done": "true"} if done else {})})
    return f"/inbox?{query}" if query else "/inbox"


def _by_topic(items: list[Notification]) -> list[list[Notification]]:
    # A topic stands where its latest is.
    groups: dict[tuple[int | None, int | None], list[Notification]] = {}
    for item in items:
        groups.setdefault((item.topic, item.decision), []).append(item)
    return list(groups.values())


def _addresses(items: list[Notification]) -> dict[int, str]:
    return {
        item.id: f"/decisions/{item.decision}"
        if item.topic is None
        else topic_address(item.topic, item.title) + (f"/{item.number}" if item.number else "")
        for item in items
    }


routes = [show_inbox, mark_read]
