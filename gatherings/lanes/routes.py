"""HTTP routes of lanes."""

from litestar import delete, get, put
from litestar.di import NamedDependency

from core.actor import Actor
from core.http import PathId
from core.ids import GatheringId
from gatherings.lanes import lanes
from gatherings.shapes.lanes import Lane
from storage.database import Database


@put("/gatherings/{gathering_id:int}/lane", operation_id="open_lane")
async def open_lane(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Lane:
    """Open the lane of a gathering for an hour from now: those who come with its link are not held up by the rate limits
    of the network that they share."""
    async with db.begin() as tx:
        return await lanes.open_lane(tx, actor, GatheringId(gathering_id), db.site)


@get("/gatherings/{gathering_id:int}/lane", operation_id="read_lane")
async def read_lane(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Lane:
    """Return the open lane of a gathering to its hosts; 404 if none is open."""
    async with db.read() as tx:
        return await lanes.get_lane(tx, actor, GatheringId(gathering_id), db.site)


@delete("/gatherings/{gathering_id:int}/lane", status_code=204, operation_id="close_lane")
async def close_lane(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Close the lane of a gathering."""
    async with db.begin() as tx:
        await lanes.close_lane(tx, actor, GatheringId(gathering_id))


lane_routes = [open_lane, read_lane, close_lane]
