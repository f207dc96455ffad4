"""The page of followed sectors, tags and topics, and choosing a notification level."""

from typing import get_args

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET, structs

from core.http import Cursor
from core.ids import TopicId
from forum.following.following import follow_sector, follow_tag, follow_topic, read_following
from forum.following.shapes import Following
from forum.following_levels import Level, TopicLevel
from forum.notifications.email_preferences import EmailFrequency, read_email_preferences
from forum.tags.names import TagInvalid, tag_url
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, read_form, text_in
from pages.shell.renderer import redirect
from pages.shell.urls import topic_address
from storage.database import Transaction


@get("/following", include_in_schema=False)
async def show_following(context: NamedDependency[PageContext], after: Cursor = None) -> Response[bytes]:
    """Show what the member follows, with the e-mail preferences."""
    return await following_page(context, after, Form())


async def following_page(
    context: PageContext, after: str | None, form: Form, status: int = 200
) -> Response[bytes]:
    """Return the page of what the member follows, with the form of e-mail preferences."""
    async with context.db.read() as tx:
        page = await read_following(tx, context.actor, after)
        preferences = await read_email_preferences(tx, context.actor)
    if not form.typed:
        form.typed = {name: [value] for name, value in structs.asdict(preferences).items()}
    facts = {"page": page, "addresses": [_address(one) for one in page.items], "form": form}
    return context.renderer.page(
        context.request, context.actor, "forum/reading/following.html", status, **facts
    )


@post("/following", include_in_schema=False)
async def choose_level(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Choose the notification level or the e-mail frequency; redirect to the page of the button."""
    typed = await read_form(context.request)
    scope, _, key = text_in(typed, "of").partition(":")
    async with context.db.begin() as tx:
        chosen = await _choose(tx, context, scope, key, typed)
    return redirect("/following" if text_in(typed, "list") else _address(chosen))


async def _choose(tx: Transaction, context: PageContext, scope: str, key: str, typed: Typed) -> Following:
    # A button for the e-mail frequency keeps the level that was chosen.
    level, mail = text_in(typed, "now" if "mail" in typed else "level"), text_in(typed, "mail")
    if mail not in ("", "general", *get_args(EmailFrequency)):
        raise BadButton
    frequency = UNSET if not mail else None if mail == "general" else msgspec.convert(mail, EmailFrequency)
    if level not in ("", *get_args(TopicLevel if scope == "topic" else Level)):
        raise BadButton
    wanted = msgspec.convert(level or None, Level | None)
    if scope == "topic" and (number := number_in(key)) is not None:
        return await follow_topic(tx, context.actor, TopicId(number), wanted, frequency)
    if scope == "sector":
        return await follow_sector(tx, context.actor, key, wanted, frequency)
    if scope == "tag":
        try:
            return await follow_tag(tx, context.actor, key, wanted, frequency)
        except TagInvalid as error:
            raise BadButton from error
    raise BadButton


def _address(one: Following) -> str:
    if isinstance(one.id, int):
        return topic_address(one.id, one.title)
    return f"/s/{one.id}" if one.scope == "sector" else tag_url(one.id)


routes = [show_following, choose_level]
