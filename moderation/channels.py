"""The moderation channels: the queue of each sector, the queue of profiles, and the cases of each gathering's rooms."""

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

SELECT_QUEUE_SECTOR = statement(select(sectors.c.id).where(sectors.c.id == bindparam("id")))
SELECT_QUEUE_GATHERING = statement("SELECT 1 FROM gatherings WHERE id = :id")


async def join_queue(tx: Reader, actor: Actor, sector_id: int) -> str:
    """Admit moderators of the sector to the channel of its queue, as audience "moderator"; raise NotFound for everybody
    else."""
    if actor.id is None or not actor.moderates_in(SectorId(sector_id)):
        raise NotFound
    if await tx.value(SELECT_QUEUE_SECTOR, id=sector_id) is None:
        raise NotFound
    return "moderator"


async def join_profile_queue(tx: Reader, actor: Actor, _: int) -> str:
    """Admit all moderators to the channel of profile cases, as audience "moderator"; raise NotFound for everybody
    else."""
    if actor.id is None or not can_judge_in(actor, None):
        raise NotFound
    return "moderator"


async def join_hosting(tx: Reader, actor: Actor, gathering_id: int) -> str:
    """Admit the hosts of a gathering to the channel of its cases, as audience "host"; raise NotFound for everybody
    else."""
    if actor.id is None or not actor.hosts_at(GatheringId(gathering_id)):
        raise NotFound
    if await tx.value(SELECT_QUEUE_GATHERING, id=gathering_id) is None:
        raise NotFound
    return "host"


async def show_hosting(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return one JSON message per event, with the case as hosts can read it; a case they cannot read is "withheld"."""
    host = host_at(*(GatheringId(entry.event["gathering_id"]) for entry in entries))
    found = await find_cases(tx, host, sorted({entry.event["case_id"] for entry in entries}))
    return [
        msgspec.json.encode({"type": entry.event["what"], "case": found[entry.event["case_id"]]})
        if entry.event["case_id"] in found
        else b'{"type":"withheld"}'
        for entry in entries
    ]


async def show_queue(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return one JSON message per event of a queue, with the case in its current state."""
    found = await find_cases(tx, OVERSEER, sorted({entry.event["case_id"] for entry in entries}))
    return [
        msgspec.json.encode({"type": entry.event["type"], "case": found[entry.event["case_id"]]})
        for entry in entries
    ]
