"""Opening and closing the lane of a gathering, and its link."""

from collections.abc import Mapping
from datetime import timedelta

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import GatheringId
from gatherings.events import LaneChanged
from gatherings.gatherings import get_gathering
from gatherings.policy import GatheringCancelled, ensure_hosts
from gatherings.shapes.lanes import Lane
from members.tokens import new_token
from storage.database import Reader, Transaction
from storage.statements import statement

OPEN_FOR = timedelta(hours=1)

SELECT_OPEN_LANE = statement("""
SELECT key, opened_at, closes_at FROM gathering_lanes WHERE gathering_id = :gathering AND closes_at > :now
""")
# A lane that is open keeps its key, so that the link on the screen of the hall goes on working; a new one gets a new key.
UPSERT_LANE = statement("""
INSERT INTO gathering_lanes (gathering_id, key, opened_at, closes_at) VALUES (:gathering, :key, :now, :closes)
ON CONFLICT (gathering_id) DO UPDATE SET
    key = CASE WHEN gathering_lanes.closes_at > excluded.opened_at THEN gathering_lanes.key ELSE excluded.key END,
    opened_at = CASE WHEN gathering_lanes.closes_at > excluded.opened_at THEN gathering_lanes.opened_at
        ELSE excluded.opened_at END,
    closes_at = excluded.closes_at
RETURNING (SELECT sector_id FROM gatherings WHERE id = gathering_id) AS sector_id
""")
DELETE_LANE = statement("""
DELETE FROM gathering_lanes WHERE gathering_id = :gathering AND closes_at > :now
RETURNING (SELECT sector_id FROM gatherings WHERE id = gathering_id) AS sector_id
""")
SELECT_LANE_GATHERING = statement("SELECT gathering_id, closes_at FROM gathering_lanes WHERE key = :key")
SELECT_OPEN_LANES = statement("SELECT key, gathering_id FROM gathering_lanes WHERE closes_at > :now")


async def open_lane(tx: Transaction, actor: Actor, gathering_id: GatheringId, site: str) -> Lane:
    """Open the lane of a gathering for an hour from now, or keep it open for an hour; return it.

    Raises NotFound, NotHost or GatheringCancelled.
    """
    gathering = await get_gathering(tx, gathering_id)
    now = clock.now()
    ensure_hosts(actor, gathering_id, now)
    if gathering.state == "cancelled":
        raise GatheringCancelled

    binds = {"gathering": gathering_id, "key": new_token(), "now": now, "closes": now + OPEN_FOR}
    sector = await tx.value(UPSERT_LANE, **binds)
    tx.audit("lane_opened", actor.id, sector=sector, gathering=gathering_id)
    await tx.record(LaneChanged(gathering_id=gathering_id))
    return await get_lane(tx, actor, gathering_id, site)


async def close_lane(tx: Transaction, actor: Actor, gathering_id: GatheringId) -> None:
    """Close the lane of a gathering before its hour is over; raise NotFound if none is open, or NotHost."""
    await get_gathering(tx, gathering_id)
    now = clock.now()
    ensure_hosts(actor, gathering_id, now)
    row = await tx.row(DELETE_LANE, gathering=gathering_id, now=now)
    if row is None:
        raise NotFound
    tx.audit("lane_closed", actor.id, sector=row["sector_id"], gathering=gathering_id)
    await tx.record(LaneChanged(gathering_id=gathering_id))


async def get_lane(tx: Reader, actor: Actor, gathering_id: GatheringId, site: str) -> Lane:
    """Return the open lane of a gathering to its hosts; raise NotFound if none is open, or NotHost."""
    await get_gathering(tx, gathering_id)
    ensure_hosts(actor, gathering_id, clock.now())
    lane = await find_lane(tx, gathering_id, site)
    if lane is None:
        raise NotFound
    return lane


async def find_lane(tx: Reader, gathering_id: GatheringId, site: str) -> Lane | None:
    """Return the open lane of a gathering, or None; only its hosts may see it."""
    row = await tx.row(SELECT_OPEN_LANE, gathering=gathering_id, now=clock.now())
    if row is None:
        return None
    return Lane(address=f"{site}/lane/{row['key']}", opened_at=row["opened_at"], closes_at=row["closes_at"])


async def read_open_lanes(tx: Reader) -> Mapping[str, int]:
    """Return the ids of the gatherings whose lanes are open, by the keys of the lanes."""
    return {row["key"]: row["gathering_id"] for row in await tx.rows(SELECT_OPEN_LANES, now=clock.now())}


async def find_gathering_of_lane(tx: Reader, key: str) -> tuple[GatheringId, bool] | None:
    """Return the gathering to which a link leads, and whether its lane is open; None for a key that is not known."""
    row = await tx.row(SELECT_LANE_GATHERING, key=key)
    return None if row is None else (GatheringId(row["gathering_id"]), row["closes_at"] > clock.now())
