"""A demonstration community: it has a database of its own, is marked for ever as invented, and says so on every page."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from core.languages.texts import translatable
from storage.database import Database
from storage.statements import statement
from storage.switches import DEMONSTRATION, read_switches, switch_on
from tertulia.context import open_context
from tertulia.demonstration.events import plan_live_hour, plan_past_webinar
from tertulia.demonstration.past import plan_discussions, plan_moderation, plan_people, plan_stock_take
from tertulia.demonstration.story import read_story
from tertulia.demonstration.telling import a_telling
from tertulia.serve import prepare_database, running_database
from tertulia.settings import BadSettings, Settings

LABEL = translatable("This is a demonstration: the people and what they say are invented.")
# The note of the mark until everything has been told.
_BEGUN = "begun"

HAS_MEMBERS = statement("SELECT EXISTS (SELECT FROM members WHERE email IS NOT NULL)")


def settings_of_demonstration(settings: Settings) -> Settings:
    """Return the settings with which a demonstration runs: no e-mail leaves it, and it looks at no other site.

    Raises BadSettings for a database that is not in the data folder, because that may be the database of a community.
    """
    if settings.database_url:
        raise BadSettings("A demonstration has a database of its own: run it without DATABASE_URL.")
    return replace(settings, smtp_url="", look_at_links=False, translator_url="", workers=1)


def make_demonstration(settings: Settings, say: Callable[[int, int], None]) -> bool:
    """Make the demonstration in the data folder, unless it is there already; return whether it was made.

    `say(done, all)` is called after each event that was told. Raises BadSettings if the folder has another community.
    """
    with running_database(settings) as (ready, _):
        return asyncio.run(_make(ready, say))


async def _make(settings: Settings, say: Callable[[int, int], None]) -> bool:
    await prepare_database(settings)
    async with open_context(replace(settings, rate_limits=False)) as context:
        if not await _is_needed(context.db, settings.data):
            return False
        async with context.db.begin() as tx:
            await switch_on(tx, DEMONSTRATION, _BEGUN)
        async with a_telling(context, read_story()) as telling:
            for plan in (
                plan_people,
                plan_discussions,
                plan_stock_take,
                plan_past_webinar,
                plan_moderation,
                plan_live_hour,
            ):
                plan(telling)
            await telling.tell(say)
        async with context.db.begin() as tx:
            await switch_on(tx, DEMONSTRATION)
    return True


async def _is_needed(db: Database, data: Path) -> bool:
    async with db.read() as tx:
        mark = (await read_switches(tx)).get(DEMONSTRATION)
        if mark is not None and mark.note != _BEGUN:
            return False
        if mark is not None:
            raise BadSettings(
                f"The demonstration in {data} was not finished: delete the folder, and start again."
            )
        if await tx.value(HAS_MEMBERS):
            raise BadSettings(
                f"{data} contains a community with members: choose another folder for the demonstration."
            )
    return True
