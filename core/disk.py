"""How much room there is on a disk."""

import shutil
from pathlib import Path

from msgspec import Struct


class Disk(Struct, frozen=True):
    """The disk that a folder is on: an existing folder on it, its free bytes and its size in bytes."""

    place: Path
    free: int
    size: int


def read_disk(folder: Path) -> Disk:
    """Return the disk that the folder is on, or will be on once it exists."""
    place = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    usage = shutil.disk_usage(place)
    return Disk(place, usage.free, usage.total)
