"""The health checks `/health` and `/ready`."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from msgspec import Struct

from realtime.bus import Bus
from realtime.hub import Hub
from storage.database import Database
from storage.quarantine import count_dead_jobs, count_quarantined


class Readiness(Struct, frozen=True):
    """Which dependencies of the service work; `bell` is the bus.

    `degraded` names what an operator should look at, although requests are served: `quarantine` (items of scheduled jobs
    failed), `dead_jobs` (handlers of events were given up).
    """

    ready: bool
    database: bool
    bell: bool
    delivery: bool
    degraded: list[str] = []


@get("/health", include_in_schema=False, opt={"public": True})
async def health() -> Response[bytes]:
    """Answer that the process is alive."""
    return Response(b"alive\n", media_type=MediaType.TEXT)


@get("/ready", include_in_schema=False, opt={"public": True})
async def ready(
    db: NamedDependency[Database], bus: NamedDependency[Bus], hub: NamedDependency[Hub]
) -> Response[Readiness]:
    """Answer 200 if the database answers, messages of the bus arrive and the background tasks run, otherwise 503."""
    troubles = await _find_troubles(db)
    works = (troubles is not None, bus.is_healthy(), hub.is_healthy())
    state = Readiness(all(works), *works, troubles or [])
    return Response(state, status_code=200 if state.ready else 503, headers={"Cache-Control": "no-store"})


async def _find_troubles(db: Database) -> list[str] | None:
    """Return what is degraded, or None if the database does not answer."""
    try:
        async with db.read() as tx:
            counts = {
                "quarantine": len(await count_quarantined(tx)),
                "dead_jobs": await count_dead_jobs(tx),
            }
    except Exception:  # any error means that the database does not answer
        return None
    return [name for name, count in counts.items() if count]
