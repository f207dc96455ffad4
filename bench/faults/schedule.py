"""The faults: each breaks a part for some seconds and mends it; the service has to do the rest."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import asyncpg
from msgspec import Struct

from bench.faults.machine import MAX_CONNECTIONS, Machine

Break = Callable[[Machine, int], AbstractAsyncContextManager[None]]


class Fault(Struct, frozen=True):
    """A kind of fault. `breaks` breaks the part for the length of a block, for the web process of this place if it is
    about one; `seconds` is how long it stays broken."""

    name: str
    breaks: Break
    seconds: float = 0.0
    needs: str = ""


@asynccontextmanager
async def _web_killed(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.webs[place].kill()
    yield
    await machine.start_again(place)


@asynccontextmanager
async def _web_frozen(machine: Machine, place: int) -> AsyncIterator[None]:
    os.kill(machine.webs[place].pid, signal.SIGSTOP)
    yield
    os.kill(machine.webs[place].pid, signal.SIGCONT)


@asynccontextmanager
async def _rolling_restart(machine: Machine, place: int) -> AsyncIterator[None]:
    for number in (place, 1 - place):
        await asyncio.to_thread(machine.webs[number].running.close)
        await machine.start_again(number)
    yield


@asynccontextmanager
async def _database_killed(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.signal_database(signal.SIGKILL)
    yield
    await machine.restart_database()


@asynccontextmanager
async def _database_restarted(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.signal_database(signal.SIGINT)
    yield
    await machine.restart_database()


@asynccontextmanager
async def _database_frozen(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.signal_database(signal.SIGSTOP, everybody=True)
    yield
    machine.signal_database(signal.SIGCONT, everybody=True)


@asynccontextmanager
async def _sessions_ended(machine: Machine, place: int) -> AsyncIterator[None]:
    owner = await machine.connect()
    for _ in range(5):
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        await asyncio.sleep(0.2)
    await owner.close()
    yield


@asynccontextmanager
async def _too_few_connections(machine: Machine, place: int) -> AsyncIterator[None]:
    taken: list[asyncpg.Connection] = []
    for _ in range(MAX_CONNECTIONS):
        try:
            taken.append(await machine.connect())
        except asyncpg.PostgresError:
            break
    # Those of the service end, and it gets no new ones.
    await taken[0].execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name <> '' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    for _ in range(MAX_CONNECTIONS):
        try:
            taken.append(await machine.connect())
        except asyncpg.PostgresError:
            break
    yield
    for one in taken:
        await one.close()


@asynccontextmanager
async def _posts_locked(machine: Machine, place: int) -> AsyncIterator[None]:
    owner = await machine.connect()
    async with owner.transaction():
        await owner.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        yield
    await owner.close()


@asynccontextmanager
async def _disk_full(machine: Machine, place: int) -> AsyncIterator[None]:
    assert machine.disk is not None
    filler = machine.disk / "filler"
    free = os.statvfs(machine.disk)
    with filler.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(free.f_bavail * free.f_frsize - 65_536, 1))
        # The rest piece by piece, because the database takes some of it meanwhile.
        os.lseek(file.fileno(), 0, os.SEEK_END)
        while True:
            os.write(file.fileno(), b"x" * 4_096)
    yield
    filler.unlink()
    if not machine.postgres.cluster.is_alive:
        await machine.restart_database()


@asynccontextmanager
async def _network_cut(machine: Machine, place: int) -> AsyncIterator[None]:
    for _ in range(5):
        machine.to_database[place].cut()
        machine.to_redis[place].cut()
        await asyncio.sleep(0.3)
    yield


@asynccontextmanager
async def _network_silent(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.to_database[place].passes.clear()
    yield
    machine.to_database[place].passes.set()


@asynccontextmanager
async def _network_slow(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.to_database[place].delay = machine.to_redis[place].delay = 0.15
    yield
    machine.to_database[place].delay = machine.to_redis[place].delay = 0.0


@asynccontextmanager
async def _network_away(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.to_database[place].refuses = True
    machine.to_database[place].cut()
    yield
    machine.to_database[place].refuses = False


@asynccontextmanager
async def _redis_killed(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.redis.kill()
    yield
    await asyncio.to_thread(machine.redis.bring_back)


@asynccontextmanager
async def _redis_frozen(machine: Machine, place: int) -> AsyncIterator[None]:
    machine.redis.process.send_signal(signal.SIGSTOP)
    yield
    machine.redis.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def _clock_jumps(machine: Machine, place: int) -> AsyncIterator[None]:
    for seconds in (3_600, -3_600):
        machine.shift_clock(seconds)
        await asyncio.sleep(2)
    machine.shift_clock(0)
    yield


FAULTS = (
    Fault("web process killed", _web_killed, 1, needs="restart"),
    Fault("web process frozen", _web_frozen, 4),
    Fault("rolling restart", _rolling_restart, needs="restart"),
    Fault("PostgreSQL killed", _database_killed),
    Fault("PostgreSQL restarted", _database_restarted),
    Fault("PostgreSQL frozen", _database_frozen, 6),
    Fault("database sessions ended", _sessions_ended),
    Fault("too few connections", _too_few_connections, 4),
    Fault("posts locked", _posts_locked, 6),
    Fault("disk of the database full", _disk_full, 3, needs="disk"),
    Fault("network to the database cut", _network_cut),
    Fault("network to the database silent", _network_silent, 6),
    Fault("network slow", _network_slow, 4),
    Fault("database unreachable for one process", _network_away, 4),
    Fault("Redis killed", _redis_killed, 2),
    Fault("Redis frozen", _redis_frozen, 5),
    Fault("clock jumps by an hour", _clock_jumps, needs="clock"),
)
