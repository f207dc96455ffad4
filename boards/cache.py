"""A cache for counts of whole boards, which are the same for all readers of a language until the next event of the board."""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

import msgspec

from core.languages.texts import current_language
from storage.cache import VersionedCache
from storage.event_log import Stream

Value = TypeVar("Value")


async def cached(
    cache: VersionedCache,
    stream: Stream | None,
    name: Hashable,
    type_: type[Value],
    compute: Callable[[], Awaitable[Value]],
) -> Value:
    """Return the cached value of this name for the board at this position of its stream, or compute and cache it.

    The caller has read `stream` before the rows, so that a value is never newer than its cache key says.
    """
    assert stream is not None
    key, version = (stream.channel, name, current_language().tag), f"{stream.epoch}.{stream.seq}"
    found = cache.get(key, version)
    if found is not None:
        return msgspec.json.decode(found, type=type_)
    value = await compute()
    cache.put(key, version, msgspec.json.encode(value))
    return value
