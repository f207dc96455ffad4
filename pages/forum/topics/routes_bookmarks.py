"""The member's bookmarks, and the form that sets a bookmark, its note and its reminder."""

from functools import partial
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import NotFound, every_refusal
from core.http import Cursor, PathId
from core.ids import PostId
from core.languages.texts import gettext
from forum.bookmarks.bookmark_list import find_bookmark, read_bookmarks
from forum.bookmarks.bookmarks import delete_bookmark, set_bookmark
from forum.bookmarks.routes import Words
from forum.bookmarks.shapes import NOTE_LENGTH, Bookmark, BookmarkChange, BookmarkOrder
from forum.notifications.email_preferences import find_email_preferences
from pages.forum.topics.reminder_fields import fields_of, reminder_in
from pages.forum.writing.routes_posts import LocatedPost, find_post_with_topic, shown_above
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, BadButton, Form, number_in, read_form, submit, text_in, to_shape
from pages.shell.renderer import html_response, redirect
from pages.shell.urls import safe_next


@get("/bookmarks", include_in_schema=False)
async def show_bookmarks(
    context: NamedDependency[PageContext],
    order: FromQuery[BookmarkOrder] = "newest",
    q: Words = "",
    after: Cursor = None,
) -> Response[bytes]:
    """Show the member's bookmarks, the latest or those with the next reminder first."""
    async with context.db.read() as tx:
        page = await read_bookmarks(tx, context.actor, order, q, after)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/topics/bookmarks.html",
        page=page,
        order=order,
        words=q,
        here=_address(order, q),
        orders=[(one, _address(one, q)) for one in ("newest", "reminder")],
    )


@post("/bookmarks", include_in_schema=False)
async def remove_bookmark(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Remove a bookmark from the list."""
    typed = await read_form(context.request)
    number = number_in(text_in(typed, "remove"))
    if number is None:
        raise BadButton
    async with context.db.begin() as tx:
        await delete_bookmark(tx, context.actor, PostId(number))
    return redirect(safe_next(text_in(typed, "back") or "/bookmarks"), done="bookmark-removed")


@get("/p/{post_id:int}/bookmark", include_in_schema=False)
async def show_bookmark(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that bookmarks a post, or changes its bookmark."""
    located, bookmark, zone = await _find(context, post_id)
    note, remind_at = (bookmark.note, bookmark.remind_at) if bookmark else ("", None)
    form = Form(typed={"note": [note], **fields_of(remind_at, zone)})
    return await _bookmark_page(context, located, bookmark, zone, form)


@post("/p/{post_id:int}/bookmark", include_in_schema=False)
async def save_bookmark(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Bookmark a post with a note and a reminder, or remove its bookmark, by the button."""
    typed = await read_form(context.request)
    located, bookmark, zone = await _find(context, post_id)

    async def save(form: Form) -> Response[bytes]:
        if text_in(form.typed, "do") == "remove":
            async with context.db.begin() as tx:
                await delete_bookmark(tx, context.actor, PostId(post_id))
            return redirect(located.address, done="bookmark-removed")
        facts: dict[str, object] = {"note": text_in(form.typed, "note")}
        with every_refusal() as each:
            with each.check():
                facts["remind_at"] = reminder_in(form.typed)
            with each.check():
                change = to_shape(BookmarkChange, facts)
        async with context.db.begin() as tx:
            await set_bookmark(tx, context.actor, PostId(post_id), change)
        return redirect(located.address, done="bookmarked")

    form = Form(typed=typed, names={"remind_at": "at"})
    return await submit(form, save, partial(_bookmark_page, context, located, bookmark, zone), NO_STATUS)


async def _find(context: PageContext, post_id: int) -> tuple[LocatedPost, Bookmark | None, str]:
    member = context.actor.signed_in()
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
        if located.post.html is None:
            raise NotFound
        bookmark = await find_bookmark(tx, context.actor, PostId(post_id))
        zone = (await find_email_preferences(tx, member)).time_zone
    return located, bookmark, zone


async def _bookmark_page(
    context: PageContext,
    located: LocatedPost,
    bookmark: Bookmark | None,
    zone: str,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    form.action = f"/p/{located.post.id}/bookmark"
    page = context.renderer.render(
        context.request,
        context.actor,
        "forum/topics/bookmark.html",
        # NOTE: The heading of the page where one bookmarks post number 3, for example.
        heading=gettext("Bookmark #%(number)s", number=located.post.number),
        above=shown_above(context, located),
        form=form,
        bookmark=bookmark,
        # Nobody chose a time zone yet: the page's script fills in that of the browser.
        knows_zone=zone != "UTC" or bool(form.refusal),
        longest=NOTE_LENGTH,
        back=located.address,
        steps=[(located.address, located.topic.local_title, "")],
    )
    return html_response(page, status)


def _address(order: str, words: str) -> str:
    query = urlencode({**({"q": words} if words else {}), **({"order": order} if order != "newest" else {})})
    return f"/bookmarks?{query}" if query else "/bookmarks"


routes = [show_bookmarks, remove_bookmark, show_bookmark, save_bookmark]
