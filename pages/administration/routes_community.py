"""The name, the welcome text and the colour of the community: each is changed in the browser, or that of the file."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from community.settings import settings
from community.shapes import ColourChange, CommunitySettings, NameChange, WelcomeChange
from members.policy import ensure_can_administer
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    form_of,
    submit,
    text_in,
    to_shape,
)
from pages.shell.language_names import offered_languages
from pages.shell.renderer import redirect

# The colour of the style sheet, which the form starts with.
_USUAL = "#00605a"


@get("/admin/community", include_in_schema=False)
async def show_community(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the settings of the community."""
    return await _page(context, Form())


@post("/admin/community", include_in_schema=False)
async def change_community(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change one setting, or use the value of the community file again."""
    ensure_can_administer(context.actor)

    async def change(form: Form) -> Response[bytes]:
        name = text_in(form.typed, "setting")
        if name not in CommunitySettings.__struct_fields__:
            raise BadButton
        if text_in(form.typed, "reset"):
            async with context.db.begin() as tx:
                await settings.reset_setting(tx, context.actor, name)  # type: ignore[arg-type]  # just checked
            return redirect("/admin/community", done="setting-reset")
        await _set(context, name, form.typed)
        return redirect("/admin/community", done="saved")

    form = await form_of(context)
    setting, community = form.value("setting"), context.renderer.community
    form.names = {f"texts.{tag}": f"{setting}_{tag}" for tag in community.languages}
    form.names["texts"] = f"{setting}_{offered_languages(community.languages)[0][0]}"
    return await submit(form, change, partial(_page, context), NO_STATUS)


async def _set(context: PageContext, name: str, typed: Typed) -> None:
    community, actor = context.renderer.community, context.actor
    texts = {tag: text for tag in community.languages if (text := text_in(typed, f"{name}_{tag}").strip())}
    if name == "colour":
        colour = to_shape(ColourChange, {"colour": text_in(typed, "colour").strip().lower()}).colour
        async with context.db.begin() as tx:
            await settings.set_colour(tx, actor, colour)
    elif name == "welcome":
        value = await settings.render_welcome(actor, to_shape(WelcomeChange, {"texts": texts}).texts)
        async with context.db.begin() as tx:
            await settings.set_texts(tx, actor, "welcome", value)
    else:
        names = to_shape(NameChange, {"texts": texts}).texts
        async with context.db.begin() as tx:
            await settings.set_texts(tx, actor, "name", settings.name_value(names))


async def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    community = context.renderer.community
    offered = offered_languages(community.languages)
    async with context.db.read() as tx:
        changed = await settings.read_settings_for(tx, context.actor)
    typed = _typed_of(changed)
    if not changed.name:
        typed[f"name_{offered[0][0]}"] = [str(community.name)]
    form.typed = {**typed, **form.typed}
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/community.html",
        status,
        form=form,
        changed=changed,
        offered=offered,
    )


def _typed_of(changed: CommunitySettings) -> dict[str, list[str]]:
    """Return the values with which the forms are filled."""
    typed = {"colour": [changed.colour.value["colour"] if changed.colour else _USUAL]}
    for name, one in (("name", changed.name), ("welcome", changed.welcome)):
        texts = one.value["texts"] if one else {}
        typed |= {f"{name}_{tag}": [text] for tag, text in texts.items()}
    return typed


routes = [show_community, change_community]
