"""Tests of the command `serve`: what runs beside the web server."""

import asyncio
import threading

from tertulia import serve


async def test_requests_are_answered_while_the_database_starts_again() -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    class SlowCluster:
        def restart_if_dead(self) -> bool:
            has_begun.set()
            return may_end.wait(60)

    watching = asyncio.create_task(serve._watch(SlowCluster()))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(30):
            while not has_begun.is_set():  # noqa: ASYNC110 - another thread sets it
                await asyncio.sleep(0.01)
        # The event loop goes on, although the start has not ended.
        assert not may_end.is_set()
    finally:
        may_end.set()
        watching.cancel()
