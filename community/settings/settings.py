"""The name, the welcome text and the colour of the community, as they were changed in the browser."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from community.shapes import CommunitySetting, CommunitySettings, SettingName
from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.text import tidy, tidy_name
from forum.text.rendering import render_text
from members.policy import ensure_can_administer
from storage.cache import Refreshed
from storage.database import Database, Reader, Transaction
from storage.statements import statement

_SELECT_SETTINGS = statement("SELECT name, value, changed_at FROM community_settings ORDER BY name")
_UPSERT_SETTING = statement("""
INSERT INTO community_settings AS s (name, value, changed_at, changed_by)
VALUES (:name, CAST(:value AS jsonb), :now, :by)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by
WHERE s.value <> excluded.value
""")
_DELETE_SETTING = statement("DELETE FROM community_settings WHERE name = :name")


class CurrentSettings:
    """The settings that were changed, as one process knows them, at most 1.5 s late."""

    def __init__(self, db: Database) -> None:
        self.known: Refreshed[CommunitySettings] = Refreshed(db, read_settings, CommunitySettings())


async def read_settings(tx: Reader) -> CommunitySettings:
    """Return what was changed."""
    found = {row["name"]: CommunitySetting(**row) for row in await tx.rows(_SELECT_SETTINGS)}
    return CommunitySettings(**found)


async def read_settings_for(tx: Reader, actor: Actor) -> CommunitySettings:
    """Return what was changed and when; raise AdministratorsOnly."""
    ensure_can_administer(actor)
    return await read_settings(tx)


def name_value(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the value of the name."""
    return {"texts": {tag: tidy_name(text) for tag, text in texts.items()}}


async def render_welcome(actor: Actor, texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the value of the welcome text: Markdown and HTML by language; raise AdministratorsOnly or TooIntricate."""
    ensure_can_administer(actor)
    tidied = {tag: tidy(text) for tag, text in texts.items()}
    html = {tag: (await render_text(text)).html for tag, text in tidied.items()}
    return {"texts": tidied, "html": html}


def original_language(texts: Mapping[str, str], languages: Sequence[str]) -> str:
    """Return the language of the text for readers whose own language has none: the first of the community's languages in
    which there is one; "" if there is none."""
    return next((tag for tag in (*languages, *texts) if tag in texts), "")


async def set_texts(
    tx: Transaction, actor: Actor, name: SettingName, value: Mapping[str, Any]
) -> CommunitySettings:
    """Set the name (from `name_value`) or the welcome text (from `render_welcome`); raise AdministratorsOnly."""
    ensure_can_administer(actor)
    return await _put(tx, actor, name, value)


async def set_colour(tx: Transaction, actor: Actor, colour: str) -> CommunitySettings:
    """Set the colour; raise AdministratorsOnly."""
    ensure_can_administer(actor)
    return await _put(tx, actor, "colour", {"colour": colour})


async def reset_setting(tx: Transaction, actor: Actor, name: SettingName) -> None:
    """Use the value of the community file again; raise AdministratorsOnly, or NotFound if nothing was changed."""
    ensure_can_administer(actor)
    if not await tx.run(_DELETE_SETTING, name=name):
        raise NotFound
    tx.audit("setting_reset", actor.id, setting=name)


async def _put(
    tx: Transaction, actor: Actor, name: SettingName, value: Mapping[str, Any]
) -> CommunitySettings:
    written = msgspec.json.encode(value).decode()
    if await tx.run(_UPSERT_SETTING, name=name, value=written, now=clock.now(), by=actor.signed_in()):
        tx.audit("setting_changed", actor.id, setting=name)
    return await read_settings(tx)
