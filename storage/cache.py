"""A cache of rendered pages; each is valid for one version, which the caller must know before it reads the cache."""

from collections import OrderedDict
from collections.abc import Hashable


class VersionedCache:
    """The most recently used pages, up to a total number of bytes."""

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self.pages: OrderedDict[Hashable, tuple[str, bytes]] = OrderedDict()

    def get(self, key: Hashable, version: str) -> bytes | None:
        """Return the page if it is cached for this version, else None."""
        found = self.pages.get(key)
        if found is None or found[0] != version:
            return None
        self.pages.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, version: str, page: bytes) -> None:
        """Store a page; the least recently used pages are dropped when the cache is full."""
        old = self.pages.pop(key, None)
        if old is not None:
            self.size -= len(old[1])
        self.pages[key] = (version, page)
        self.size += len(page)
        while self.size > self.max_bytes:
            _, (_, dropped) = self.pages.popitem(last=False)
            self.size -= len(dropped)
