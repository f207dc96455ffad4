"""Draining: a process that is told to stop refuses new requests and lets those that run finish.

Nothing is cut without an answer: what still runs after the grace is cancelled and answered like a new request, with 503 and
Retry-After. Clients repeat it with its Idempotency-Key, so it does not matter whether it was done.
"""

import asyncio

from core.errors import Unavailable
from core.languages.texts import translatable

# Seconds that running requests have to finish.
GRACE = 20.0


class ShuttingDown(Unavailable):
    """This process is being stopped or replaced; another one, or its successor, answers in a moment."""

    message = translatable(
        "The service is restarting at the moment. Keep your text and try again in a few seconds."
    )


class Drain:
    """Whether a process is being stopped, and the requests that it still works on."""

    def __init__(self) -> None:
        # From then on the health checks fail, so that a proxy sends its requests to another process.
        self.has_begun = False
        # From then on all requests are refused.
        self.is_refusing = False
        self.running: set[asyncio.Task[object]] = set()
        self.cut: set[asyncio.Task[object]] = set()

    def ensure_open(self, is_health_check: bool) -> None:
        """Raise ShuttingDown if a new request comes too late; health checks are refused first."""
        if self.is_refusing or (self.has_begun and is_health_check):
            raise ShuttingDown

    async def finish(self, grace: float = GRACE) -> None:
        """Refuse new requests, wait until those that run have finished, and cancel the rest after `grace` seconds."""
        self.has_begun = self.is_refusing = True
        if not self.running:
            return
        _, self.cut = await asyncio.wait(set(self.running), timeout=grace)
        for task in self.cut:
            task.cancel()
        if self.cut:
            await asyncio.wait(self.cut, timeout=1)
