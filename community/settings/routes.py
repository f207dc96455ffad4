"""HTTP routes of the settings of the community."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from community.settings import settings
from community.shapes import ColourChange, CommunitySettings, NameChange, SettingName, WelcomeChange
from core.actor import Actor
from storage.database import Database


@get("/community-settings", operation_id="read_community_settings")
async def read_settings(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> CommunitySettings:
    """Return the settings that were changed in the browser; the others are those of the community file."""
    async with db.read() as tx:
        return await settings.read_settings_for(tx, actor)


@put("/community-settings/name", operation_id="set_community_name")
async def set_name(
    data: JSONBody[NameChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> CommunitySettings:
    """Set the community's name, by language."""
    async with db.begin() as tx:
        return await settings.set_texts(tx, actor, "name", settings.name_value(data.texts))


@put("/community-settings/welcome", operation_id="set_welcome_text")
async def set_welcome(
    data: JSONBody[WelcomeChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> CommunitySettings:
    """Set the text that visitors read on the home page, as Markdown by language."""
    value = await settings.render_welcome(actor, data.texts)
    async with db.begin() as tx:
        return await settings.set_texts(tx, actor, "welcome", value)


@put("/community-settings/colour", operation_id="set_colour")
async def set_colour(
    data: JSONBody[ColourChange], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> CommunitySettings:
    """Set the colour of links and buttons. Its lightness follows from the page, so that it can be read."""
    async with db.begin() as tx:
        return await settings.set_colour(tx, actor, data.colour)


@delete("/community-settings/{setting:str}/change", status_code=204, operation_id="reset_community_setting")
async def reset_setting(
    setting: FromPath[SettingName], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Use the value of the community file again."""
    async with db.begin() as tx:
        await settings.reset_setting(tx, actor, setting)


routes = [read_settings, set_name, set_welcome, set_colour, reset_setting]
