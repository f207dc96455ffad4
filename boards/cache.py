"""Keeping what is counted of a whole board: it is the same for all who can read the board, until something happens there."""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

import msgspec

from storage.cache import VersionedCache
from storage.event_log import Stream

Made = TypeVar("Made")


async def kept(
    cache: VersionedCache,
    stream: Stream | None,
    what: Hashable,
    kind: type[Made],
    make: Callable[[], Awaitable[Made]],
) -> Made:
    """What `make` makes, or made before for a board as it is now: its stream was read before its rows."""
    assert stream is not None
    key, version = (stream.channel, what), f"{stream.epoch}.{stream.seq}"
    found = cache.get(key, version)
    if found is not None:
        return msgspec.json.decode(found, type=kind)
    made = await make()
    cache.put(key, version, msgspec.json.encode(made))
    return made
