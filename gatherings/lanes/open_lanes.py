"""The lanes that are open, as one process knows them: a request that came with a link asks which lane it counts for."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

from core import clock
from core.errors import Unavailable
from gatherings.lanes.lanes import SELECT_OPEN_LANES
from members.accounts.cookies import cookie_name
from storage.database import Database

# Every process has noticed within so many seconds that a lane was opened or closed.
NOTICED_AFTER = 1.5
# A request waits so many seconds for the database; then it counts by the lanes known before.
LONGEST_WAIT = 0.5


def lane_cookie_name(is_secure: bool) -> str:
    """Return the name of the cookie that contains the key of a lane."""
    return f"{cookie_name(is_secure)}-lane"


class OpenLanes:
    """The open lanes by key, read again when they are older than `NOTICED_AFTER`."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.by_key: Mapping[str, int] = {}
        self.read_at = float("-inf")
        self.reading: asyncio.Task[None] | None = None

    async def find(self, key: str) -> int | None:
        """Return the id of the gathering whose open lane has this key, or None."""
        if monotonic() - self.read_at >= NOTICED_AFTER:
            if self.reading is None or self.reading.done():
                self.reading = asyncio.create_task(self._read(), name="lanes: read")
            await asyncio.wait({self.reading}, timeout=LONGEST_WAIT)
        return self.by_key.get(key)

    async def _read(self) -> None:
        began_at = monotonic()
        # Whatever needs the database says itself that it does not answer.
        with suppress(Unavailable):
            async with self.db.read() as tx:
                rows = await tx.rows(SELECT_OPEN_LANES, now=clock.now())
            self.by_key = {row["key"]: row["gathering_id"] for row in rows}
            self.read_at = began_at
