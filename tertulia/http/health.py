"""The health checks `/health` and `/ready`."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from msgspec import Struct

from realtime.bus import Bus
from realtime.hub import Hub
from storage.database import Database
from storage.statements import statement

SELECT_ONE = statement("SELECT 1")


class Readiness(Struct, frozen=True):
    """Which dependencies of the service work; `bell` is the bus."""

    ready: bool
    database: bool
    bell: bool
    delivery: bool


@get("/health", include_in_schema=False, opt={"public": True})
async def health() -> Response[bytes]:
    """Answer that the process is alive."""
    return Response(b"alive\n", media_type=MediaType.TEXT)


@get("/ready", include_in_schema=False, opt={"public": True})
async def ready(
    db: NamedDependency[Database], bus: NamedDependency[Bus], hub: NamedDependency[Hub]
) -> Response[Readiness]:
    """Answer 200 if the database answers, messages of the bus arrive and the background tasks run, otherwise 503."""
    works = (await _database_answers(db), bus.is_healthy(), hub.is_healthy())
    state = Readiness(all(works), *works)
    return Response(state, status_code=200 if state.ready else 503, headers={"Cache-Control": "no-store"})


async def _database_answers(db: Database) -> bool:
    try:
        async with db.read() as tx:
            return bool(await tx.value(SELECT_ONE))
    except Exception:  # any error means that the database does not answer
        return False
