"""The HTTP side of feed keys."""

from litestar import delete, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.actor import Actor
from members.accounts import feed_keys
from storage.database import Database


class FeedKey(Struct, frozen=True):
    """A key, which is shown this once: `?key=` behind the address of a feed shows what the member may read."""

    key: str


@post("/me/feed-key", operation_id="make_feed_key")
async def make_feed_key(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> FeedKey:
    """Make a key for readers of feeds; the former one ends."""
    async with db.begin() as tx:
        return FeedKey(await feed_keys.make_feed_key(tx, actor))


@delete("/me/feed-key", operation_id="drop_feed_key")
async def drop_feed_key(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """End the key."""
    async with db.begin() as tx:
        await feed_keys.drop_feed_key(tx, actor)


feed_routes = [make_feed_key, drop_feed_key]
