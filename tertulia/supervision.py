"""What systemd is told: that the service is ready, that it is alive, and that it is stopping (sd_notify(3)).

Without systemd there is no address to tell it to, and nothing happens.
"""

import asyncio
import socket
from collections.abc import MutableMapping
from contextlib import suppress

# Seconds between two signs of life; the unit allows 30.
ALIVE_EVERY = 5.0


class Supervisor:
    """The supervisor that has started this process, if it wants to be told."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        # Taken out of the environment, so that no child process speaks for the service.
        address = environment.pop("NOTIFY_SOCKET", "")
        # An address that begins with @ is in the abstract namespace.
        self.address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, state: str) -> None:
        """Send `READY=1`, `WATCHDOG=1` or `STOPPING=1`; an error of the socket is no reason to stop."""
        if not self.address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(state.encode(), self.address)

    async def tell_ready_and_alive(self) -> None:
        """Say that the process is ready and then, from the event loop, that it is alive, until cancelled: a process whose
        event loop hangs is started again."""
        self.tell("READY=1")
        while True:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(ALIVE_EVERY)
