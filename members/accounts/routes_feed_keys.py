"""HTTP routes of feed keys."""

from litestar import delete, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.actor import Actor
from members.accounts import feed_keys
from storage.database import Database


class FeedKey(Struct, frozen=True):
    """A feed key, shown only once; `?key=` in a feed's URL adds what the member may read."""

    key: str


@post("/me/feed-key", operation_id="make_feed_key")
async def make_feed_key(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> FeedKey:
    """Make a key for feed readers; the previous one becomes invalid."""
    async with db.begin() as tx:
        return FeedKey(await feed_keys.make_feed_key(tx, actor))


@delete("/me/feed-key", operation_id="drop_feed_key")
async def delete_feed_key(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Delete the caller's feed key."""
    async with db.begin() as tx:
        await feed_keys.delete_feed_key(tx, actor)


routes = [make_feed_key, delete_feed_key]
