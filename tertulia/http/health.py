"""Whether the service is alive, whether it works, and what it has done so far."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from msgspec import Struct

from realtime.bus import Bus
from realtime.hub import Hub
from storage.database import Database
from storage.statements import statement

_ONE = statement("SELECT 1")


class Readiness(Struct, frozen=True):
    """Which of the things the service depends on work."""

    ready: bool
    database: bool
    bell: bool
    delivery: bool


@get("/health", include_in_schema=False, opt={"public": True})
async def health() -> Response[bytes]:
    """Alive: the process answers."""
    return Response(b"alive\n", media_type=MediaType.TEXT)


@get("/ready", include_in_schema=False, opt={"public": True})
async def ready(
    db: NamedDependency[Database], bus: NamedDependency[Bus], hub: NamedDependency[Hub]
) -> Response[Readiness]:
    """Ready: the database answers, what is rung arrives, and the background tasks live. 503 otherwise."""
    works = (await _database_answers(db), bus.is_healthy(), hub.is_healthy())
    state = Readiness(all(works), *works)
    return Response(state, status_code=200 if state.ready else 503, headers={"Cache-Control": "no-store"})


async def _database_answers(db: Database) -> bool:
    try:
        async with db.read() as tx:
            return bool(await tx.value(_ONE))
    except Exception:  # whatever it is, the answer is no
        return False
