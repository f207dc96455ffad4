"""The page of the member's trust level, and the administrators' form that sets a level."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.errors import Invalid
from core.languages.texts import translatable
from forum.trust.shapes import NewTrust
from forum.trust.trust import read_own_trust, set_trust_level
from members.profiles.trust import TrustRules
from pages.shell.context import PageContext
from pages.shell.forms import number_in, read_form, text_in, to_shape
from pages.shell.renderer import redirect

_WORDS = {
    "days": translatable("days since you joined"),
    "posts": translatable("visible posts"),
    "topics": translatable("topics of other members in which you have written"),
    "thanks_given": translatable("members whom you have thanked (helpful, well argued)"),
    "thanks_received": translatable("members who have thanked you (helpful, well argued)"),
    "most_hidden": translatable("your posts hidden by moderators, at most"),
}


@get("/settings/trust", include_in_schema=False)
async def show_trust(
    context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """Show the member's level, what the next one requires, and the permissions of all levels."""
    async with context.db.read() as tx:
        own = await read_own_trust(tx, trust, context.actor)
    return context.renderer.page(context.request, context.actor, "members/trust.html", own=own, words=_WORDS)


@post("/m/{handle:str}/trust", include_in_schema=False)
async def give_level(
    handle: FromPath[str], context: NamedDependency[PageContext], trust: NamedDependency[TrustRules]
) -> Response[bytes]:
    """Set a member's level, or have it calculated again."""
    typed = text_in(await read_form(context.request), "level")
    level = None if typed == "reckoned" else number_in(typed) if typed != "0" else 0
    if level is None and typed != "reckoned":
        context.actor.signed_in()
        raise NotALevel(field="level")
    new = None if level is None else to_shape(NewTrust, {"level": level}).level
    async with context.db.begin() as tx:
        await set_trust_level(tx, trust, context.actor, handle, new)
    return redirect(f"/m/{handle}")


class NotALevel(Invalid):
    """The value is not one of the levels."""

    message = translatable("Choose one of the levels.")


routes = [show_trust, give_level]
