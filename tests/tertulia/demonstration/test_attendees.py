"""Whatever somebody who looks around does to the demonstration, the attendees come back, and the service goes on."""

import asyncio

import httpx2
import pytest

from core.errors import NotFound, Unavailable
from tertulia.context import AppContext
from tertulia.demonstration import attendees


@pytest.mark.parametrize(
    "error",
    [NotFound(), Unavailable(), KeyError("rooms"), IndexError(), httpx2.ConnectError("away"), OSError()],
)
async def test_attendees_come_back(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    tries, came_back = 0, asyncio.Event()

    async def sign_in(context: AppContext, handles: set[str]) -> dict[str, str]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise error
        came_back.set()
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(attendees, "_sign_in", sign_in)
    monkeypatch.setattr(attendees, "COME_BACK_AFTER", 0)
    attending = asyncio.create_task(attendees.attend(None))  # type: ignore[arg-type]
    await asyncio.wait(
        {attending, waiting := asyncio.create_task(came_back.wait())}, return_when="FIRST_COMPLETED"
    )

    assert came_back.is_set() and not attending.done()
    attending.cancel()
    waiting.cancel()
