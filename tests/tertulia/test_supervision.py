"""What systemd is told about a process."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tertulia import supervision
from tertulia.supervision import Supervisor


@pytest.fixture
def systemd() -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """A socket on which a supervisor listens, and the environment that it gives to the service."""
    # The address of a socket has at most 107 bytes, less than the folders of pytest.
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = Path(folder) / "notify"
        listener.bind(str(path))
        listener.settimeout(5)
        yield listener, {"NOTIFY_SOCKET": str(path), "PATH": "/bin"}


async def test_a_supervisor_hears_that_the_process_is_ready_and_alive(systemd, monkeypatch) -> None:
    listener, environment = systemd
    monkeypatch.setattr(supervision, "ALIVE_EVERY", 0.0)
    supervisor = Supervisor(environment)
    assert environment == {"PATH": "/bin"}, "child processes must not speak for the service"
    telling = asyncio.create_task(supervisor.tell_ready_and_alive())
    heard = [await asyncio.to_thread(listener.recv, 100) for _ in range(3)]
    telling.cancel()
    assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]


def test_without_a_supervisor_nothing_happens(systemd) -> None:
    Supervisor({}).tell("READY=1")
    listener, environment = systemd
    supervisor = Supervisor(environment)
    listener.close()
    supervisor.tell("STOPPING=1")


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0tertulia-test-supervision")
        listener.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": "@tertulia-test-supervision"}).tell("STOPPING=1")
        assert listener.recv(100) == b"STOPPING=1"
