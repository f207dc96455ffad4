"""A cache of rendered pages that are valid as long as their version, and are never looked at without asking for it."""

from collections import OrderedDict
from collections.abc import Hashable


class VersionedCache:
    """The most recently used pages, up to a number of bytes. What it returns was made from the version asked for."""

    def __init__(self, largest: int = 64 * 1024 * 1024) -> None:
        self.largest = largest
        self.size = 0
        self.pages: OrderedDict[Hashable, tuple[str, bytes]] = OrderedDict()

    def get(self, key: Hashable, version: str) -> bytes | None:
        """The page, if it is there and of this version."""
        found = self.pages.get(key)
        if found is None or found[0] != version:
            return None
        self.pages.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, version: str, page: bytes) -> None:
        """Keep a page; the least recently used make room."""
        old = self.pages.pop(key, None)
        if old is not None:
            self.size -= len(old[1])
        self.pages[key] = (version, page)
        self.size += len(page)
        while self.size > self.largest:
            _, (_, dropped) = self.pages.popitem(last=False)
            self.size -= len(dropped)
