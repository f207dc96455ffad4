"""What listeners of a sector's queue are shown: moderators of that sector, and nobody else."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, select

from core.actor import OVERSEER, Actor, host_at
from core.errors import NotFound
from core.ids import GatheringId, SectorId
from forum.tables import sectors
from moderation.policy import can_judge_in
from moderation.queue.queue import find_cases
from storage.database import Reader
from storage.event_log import LogEntry
from storage.statements import statement

_SECTOR = statement(select(sectors.c.id).where(sectors.c.id == bindparam("id")))
_HELD_HERE = statement("SELECT 1 FROM gatherings WHERE id = :id")


async def join_queue(tx: Reader, actor: Actor, sector_id: int) -> str:
    """The queue is for the moderators of its sector; to everybody else there is no such thing."""
    if actor.id is None or not actor.moderates_in(SectorId(sector_id)):
        raise NotFound
    if await tx.value(_SECTOR, id=sector_id) is None:
        raise NotFound
    return "moderator"


async def join_profile_queue(tx: Reader, actor: Actor, _: int) -> str:
    """The queue of profiles is for all moderators; to everybody else there is no such thing."""
    if actor.id is None or not can_judge_in(actor, None):
        raise NotFound
    return "moderator"


async def join_hosting(tx: Reader, actor: Actor, gathering_id: int) -> str:
    """What happens to the cases of a gathering's rooms is for its hosts; to everybody else there is no such thing."""
    if actor.id is None or not actor.hosts_at(GatheringId(gathering_id)):
        raise NotFound
    if await tx.value(_HELD_HERE, id=gathering_id) is None:
        raise NotFound
    return "host"


async def show_hosting(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """The same as moderators are shown, as far as hosts can read it."""
    host = host_at(*(GatheringId(entry.event["gathering_id"]) for entry in entries))
    found = await find_cases(tx, host, sorted({entry.event["case_id"] for entry in entries}))
    return [
        msgspec.json.encode({"type": entry.event["what"], "case": found[entry.event["case_id"]]})
        if entry.event["case_id"] in found
        else b'{"type":"withheld"}'
        for entry in entries
    ]


async def show_queue(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """What happened in the queue, with the cases as they are now."""
    found = await find_cases(tx, OVERSEER, sorted({entry.event["case_id"] for entry in entries}))
    return [
        msgspec.json.encode({"type": entry.event["type"], "case": found[entry.event["case_id"]]})
        for entry in entries
    ]
