"""What listeners of a sector's queue are shown: moderators of that sector, and nobody else."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, select

from core.actor import Actor
from core.errors import NotFound
from core.ids import SectorId
from forum.tables import sectors
from moderation.policy import judges_in
from moderation.reading import find_cases
from storage.database import Reader
from storage.log import Entry
from storage.statements import statement

_SECTOR = statement(select(sectors.c.id).where(sectors.c.id == bindparam("id")))

# Stands for every moderator of the sector when events are rendered: sees all, is nobody.
_MODERATOR = Actor(is_administrator=True)


async def join_queue(tx: Reader, actor: Actor, sector_id: int) -> str:
    """The queue is for the moderators of its sector; to everybody else there is no such thing."""
    if actor.id is None or not actor.moderates_in(SectorId(sector_id)):
        raise NotFound
    if await tx.value(_SECTOR, id=sector_id) is None:
        raise NotFound
    return "moderator"


async def join_profile_queue(tx: Reader, actor: Actor, _: int) -> str:
    """The queue of profiles is for all moderators; to everybody else there is no such thing."""
    if actor.id is None or not judges_in(actor, None):
        raise NotFound
    return "moderator"


async def show_queue(tx: Reader, audience: str, entries: Sequence[Entry]) -> list[bytes]:
    """What happened in the queue, with the cases as they are now."""
    found = await find_cases(tx, _MODERATOR, sorted({entry.event["case_id"] for entry in entries}))
    return [
        msgspec.json.encode({"type": entry.event["type"], "case": found[entry.event["case_id"]]})
        for entry in entries
    ]
