"""The lanes that are open, as one process knows them: a request that came with a link asks which lane it counts for."""

from collections.abc import Mapping

from gatherings.lanes.lanes import read_open_lanes
from members.accounts.cookies import cookie_name
from storage.cache import Refreshed
from storage.database import Database


def lane_cookie_name(is_secure: bool) -> str:
    """Return the name of the cookie that contains the key of a lane."""
    return f"{cookie_name(is_secure)}-lane"


class OpenLanes:
    """The open lanes as one process knows them."""

    def __init__(self, db: Database) -> None:
        self.by_key: Refreshed[Mapping[str, int]] = Refreshed(db, read_open_lanes, {})

    async def find(self, key: str) -> int | None:
        """Return the id of the gathering whose open lane has this key, or None."""
        return (await self.by_key.get()).get(key)
