"""Mail: how one likes it, and stopping it by the link in a letter, by whoever has the letter."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from core.errors import Refusal
from core.http import status_of
from forum.notifications.email_preferences import (
    NewMailWishes,
    find_unsubscribe,
    set_email_preferences,
    unsubscribe,
)
from pages.forum.reading.routes_following import following_page
from pages.shell.context import PageContext
from pages.shell.forms import Form, read_form, text_in, to_shape
from pages.shell.renderer import AnyRequest, Renderer, go_to
from storage.database import Database

_WHAT = {
    "direct": "about what is meant for you alone: answers, mentions and quotes",
    "followed": "about what you follow",
    "topic": "about this topic",
    "sector": "about what is new in this sector",
    "tag": "about what is new under this tag",
}


@post("/settings/mail", include_in_schema=False)
async def set_mail(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Say when mail is to come."""
    typed = await read_form(context.request)
    try:
        wanted = {name: text_in(typed, name) for name in ("direct", "followed", "time_zone") if name in typed}
        new = to_shape(NewMailWishes, wanted)
        async with context.db.begin() as tx:
            await set_email_preferences(tx, context.actor, new)
    except Refusal as refusal:
        return await following_page(context, None, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to("/following", "saved")


@get("/mail/stop/{key:str}", include_in_schema=False)
async def show_stop(
    key: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Ask whether to stop; to open the link alone stops nothing."""
    async with db.read() as tx:
        _, scope = await find_unsubscribe(tx, key)
    what = _WHAT[scope.partition("-")[0]]
    return renderer.page(
        request,
        actor,
        "shell/confirm.html",
        heading="No more mail?",
        above="",
        consequence=f"You get no more mail {what}. What you are told stays in your inbox.",
        action=f"/mail/stop/{key}",
        verb="Stop this mail",
        back="/following",
    )


@post("/mail/stop/{key:str}", include_in_schema=False)
async def stop(
    key: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Stop it, by the button or by the mail program's own."""
    async with db.begin() as tx:
        scope = await unsubscribe(tx, key)
    return renderer.page(
        request, actor, "forum/reading/mail_stopped.html", what=_WHAT[scope.partition("-")[0]]
    )


routes = [set_mail, show_stop, stop]
