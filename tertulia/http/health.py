"""The health checks `/health` and `/ready`; both fail as soon as the process is told to stop."""

from collections.abc import Iterator

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from msgspec import Struct

from core.disk import read_disk
from members.emails.outbox_state import OutboxState, read_outbox_state
from realtime.bus import Bus
from realtime.hub import Hub
from storage.database import Database
from storage.quarantine import count_dead_jobs, count_quarantined
from storage.switches import MAIL_HELD, read_switches
from tertulia.settings import Settings

HEALTH_CHECK = "health_check"
MEGABYTE = 1024 * 1024


class MailState(Struct, frozen=True):
    """How many e-mails wait and for how many seconds the oldest does; how many were refused or given up in two weeks."""

    waiting: int
    oldest_seconds: int
    failed: int


class Readiness(Struct, frozen=True):
    """Which dependencies of the service work; `bell` is the bus.

    `degraded` names what an operator should look at, although requests are served: `quarantine` (items of scheduled jobs
    failed), `dead_jobs` (handlers of events were given up), `disk` (it is almost full), `mail` (e-mails wait for ten minutes
    and could not be tried). `notes` says the same in words. These do not make a process unready: every other process
    shares them, so sending requests elsewhere would help nobody, and reading works (decision 52). The field `mail` is null
    if the database does not answer.
    """

    ready: bool
    database: bool
    bell: bool
    delivery: bool
    degraded: list[str] = []
    notes: list[str] = []
    mail: MailState | None = None


@get("/health", include_in_schema=False, opt={"public": True, HEALTH_CHECK: True})
async def health() -> Response[bytes]:
    """Answer that the process is alive, whatever it depends on: a restart would not help against a lost database."""
    return Response(b"alive\n", media_type=MediaType.TEXT)


@get("/ready", include_in_schema=False, opt={"public": True, HEALTH_CHECK: True})
async def ready(
    settings: NamedDependency[Settings],
    db: NamedDependency[Database],
    bus: NamedDependency[Bus],
    hub: NamedDependency[Hub],
) -> Response[Readiness]:
    """Answer 200 if the database answers, messages of the bus arrive and the background tasks run, otherwise 503."""
    seen = await _look(db)
    works = (seen is not None, bus.is_healthy(), hub.is_healthy())
    troubles, mail = seen or ({}, None)
    found = {**dict(_check_disk(settings)), **troubles}
    state = Readiness(all(works), *works, list(found), list(found.values()), mail)
    return Response(state, status_code=200 if state.ready else 503, headers={"Cache-Control": "no-store"})


def _check_disk(settings: Settings) -> Iterator[tuple[str, str]]:
    disk = read_disk(settings.data)
    if disk.free < settings.min_free_mb * MEGABYTE:
        yield (
            "disk",
            f"The disk of the data folder has {disk.free // MEGABYTE} MB free, less than {settings.min_free_mb}: "
            "make room. When it is full, nobody can write.",
        )


async def _look(db: Database) -> tuple[dict[str, str], MailState] | None:
    """Return what is degraded, each with a sentence, and the state of e-mails; or None if the database does not answer."""
    try:
        async with db.read() as tx:
            quarantined = await count_quarantined(tx)
            dead = await count_dead_jobs(tx)
            outbox = await read_outbox_state(tx)
            is_held = MAIL_HELD in await read_switches(tx)
    except Exception:  # any error means that the database does not answer
        return None
    found = {}
    if quarantined:
        jobs = ", ".join(f"{job} {count}" for job, count in quarantined.items())
        found["quarantine"] = f"Items of scheduled jobs failed and wait ({jobs}): see `tertulia jobs list`."
    if dead:
        found["dead_jobs"] = f"{dead} follow-up jobs were given up: see `tertulia follow-ups list --dead`."
    if outbox.stuck and not is_held:
        found["mail"] = (
            f"{outbox.stuck} e-mails could not be tried for ten minutes: see `tertulia mail list`."
        )
    return found, _describe_mail(outbox)


def _describe_mail(outbox: OutboxState) -> MailState:
    return MailState(outbox.waiting, int(outbox.oldest_seconds), outbox.failed + outbox.given_up)
