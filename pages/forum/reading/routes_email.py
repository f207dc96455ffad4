"""E-mail preferences, and unsubscribing with the link in an e-mail without signing in."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import every_refusal
from core.languages.texts import gettext, pgettext, translatable
from forum.notifications.email_preferences import (
    NewMailWishes,
    ensure_zone_exists,
    find_unsubscribe,
    set_email_preferences,
    unsubscribe,
)
from pages.forum.reading.routes_following import following_page
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, form_of, submit, text_in, to_shape
from pages.shell.renderer import redirect

# What happens when a link has stopped e-mails, by the scope of the link.
_STOPPED = {
    "direct": translatable(
        "You will get no more e-mails about replies to you, mentions and quotes. "
        "You still get notifications in your inbox."
    ),
    "followed": translatable(
        "You will get no more e-mails about what you follow. You still get notifications in your inbox."
    ),
    "topic": translatable(
        "You will get no more e-mails about this topic. You still get notifications in your inbox."
    ),
    "sector": translatable(
        "You will get no more e-mails about new posts in this sector. You still get notifications in your inbox."
    ),
    "tag": translatable(
        "You will get no more e-mails about new posts with this tag. You still get notifications in your inbox."
    ),
}


@post("/settings/mail", include_in_schema=False)
async def change_preferences(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change when the member gets e-mails."""

    async def change(form: Form) -> Response[bytes]:
        names = [name for name in ("direct", "followed", "time_zone") if name in form.typed]
        with every_refusal() as each:
            with each.check():
                new = to_shape(NewMailWishes, {name: text_in(form.typed, name) for name in names})
            if "time_zone" in names:
                ensure_zone_exists(text_in(form.typed, "time_zone"))
        async with context.db.begin() as tx:
            await set_email_preferences(tx, context.actor, new)
        return redirect("/following", "saved")

    return await submit(await form_of(context), change, partial(following_page, context, None), NO_STATUS)


@get("/mail/stop/{key:str}", include_in_schema=False)
async def show_unsubscribe(key: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Ask for confirmation; opening the link alone does not unsubscribe. Raise NotFound for an unknown key."""
    async with context.db.read() as tx:
        _, scope = await find_unsubscribe(tx, key)
    return context.renderer.page(
        context.request,
        context.actor,
        "shell/confirm.html",
        heading=gettext("Unsubscribe?"),
        above="",
        consequence=_stopped(scope),
        action=f"/mail/stop/{key}",
        verb=pgettext("verb", "Unsubscribe"),
        back="/following",
    )


@post("/mail/stop/{key:str}", include_in_schema=False)
async def confirm_unsubscribe(key: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Unsubscribe, with the page's button or with the one-click button of the e-mail program."""
    async with context.db.begin() as tx:
        scope = await unsubscribe(tx, key)
    return context.renderer.page(
        context.request, context.actor, "forum/reading/mail_stopped.html", stopped=_stopped(scope)
    )


def _stopped(scope: str) -> str:
    return gettext(_STOPPED[scope.partition("-")[0]])


routes = [change_preferences, show_unsubscribe, confirm_unsubscribe]
