"""The inbox: the member's notifications and the reason for each."""

from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from markupsafe import Markup, escape

from core.http import Cursor
from forum.notifications import inbox
from forum.notifications.lines import Line, group_lines, name_of, sentence_of
from forum.notifications.shapes import FILTERS, Notification, Only
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, number_in, read_form, text_in
from pages.shell.renderer import redirect
from pages.shell.urls import safe_next, topic_address


@get("/inbox", include_in_schema=False)
async def show_inbox(
    context: NamedDependency[PageContext],
    after: Cursor = None,
    only: FromQuery[Only | None] = None,
    done: FromQuery[bool] = False,
) -> Response[bytes]:
    """Show the notifications, newest first; with `done`, the archived ones."""
    async with context.db.read() as tx:
        page = await inbox.read_inbox(tx, context.actor, context.db.epoch, after, only, done)
    facts = {
        "page": page,
        "told": page.items,
        "groups": group_lines(page.items),
        "sentence": _sentence,
        "address": _address_of,
        "filters": [(one, _address(one, done), one == only) for one in (None, *FILTERS)],
        "other": _address(only, not done),
        "here": _address(only, done),
        "only": only,
        "done": done,
    }
    return context.renderer.page(context.request, context.actor, "forum/reading/inbox.html", 200, **facts)


@post("/inbox/read", include_in_schema=False)
async def mark_read(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Mark one notification, those of a topic or all as read; archive those of a topic, or move them back to the inbox."""
    typed = await read_form(context.request)
    pressed = text_in(typed, "read")
    action, _, number = pressed.rpartition("-")
    notification_id = number_in(number)
    if action not in INBOX_ACTIONS or (notification_id is None and pressed != "all"):
        raise BadButton
    async with context.db.begin() as tx:
        if notification_id is None:
            await inbox.mark_all_read(tx, context.actor)
        else:
            await INBOX_ACTIONS[action](tx, context.actor, notification_id)
    return redirect(safe_next(text_in(typed, "back") or "/inbox"))


# The actions of the buttons: the value is the action, a hyphen and the notification's id.
INBOX_ACTIONS = {
    "": inbox.mark_read,
    "topic": inbox.mark_group_read,
    "done": inbox.archive_notification,
    "undone": inbox.unarchive_notification,
}


def _address(only: Only | None, done: bool) -> str:
    query = urlencode({**({"only": only} if only else {}), **({"done": "true"} if done else {})})
    return f"/inbox?{query}" if query else "/inbox"


def _sentence(line: Line) -> Markup:
    name = Markup("<b><bdi>{}</bdi></b>").format(name_of(line))
    title = Markup('<bdi class="of">{}</bdi>').format(line.latest.title)
    return Markup(sentence_of(line, name, title, escape(line.latest.reason)))


def _address_of(item: Notification) -> str:
    if item.gathering is not None:
        return f"/g/{item.gathering}"
    if item.topic is None:
        return f"/decisions/{item.decision}"
    return topic_address(item.topic, item.title) + (f"/{item.number}" if item.number else "")


routes = [show_inbox, mark_read]
