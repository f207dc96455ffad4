"""Where backups are kept: in a folder, or in a store that speaks S3."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from personal_data.erasure_list import (
    FILE_NAME,
    NotedErasure,
    add_to_list,
    join_lists,
    read_erasures,
    read_lists,
)
from storage.backups.shapes import BackupFailed

STORE = "s3://"
# A backup is sent and read in parts, two at a time; a store takes 10,000 of them.
_PART_SIZE = 16 * 1024 * 1024
_PARTS_AT_ONCE = 2
# What writing a file fails with when its disk is full or broken.
_DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class Place(Protocol):
    """A folder or a store with backups, and with the list of erasures beside them."""

    def new_file(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Provide a stream; the file gets its name when it is complete, and nothing is left if the block fails."""

    def opened(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Provide the bytes of a file."""

    def path_of(self, name: str) -> str:
        """Return how a file is named in `tertulia restore`."""

    def keep_newest(self, count: int) -> None:
        """Delete all backups but so many newest ones; their names sort by time."""

    def erasures(self) -> list[NotedErasure]:
        """Return the list of erasures beside the backups."""

    def add_erasures(self, erasures: Sequence[NotedErasure]) -> None:
        """Add erasures to that list."""


def find_place(target: str) -> Place:
    """Return the place that an operator names."""
    return Store(target) if target.startswith(STORE) else Folder(Path(target))


def find_file(path: str) -> tuple[Place, str]:
    """Return the place of a file, and its name there."""
    if path.startswith(STORE):
        where, _, name = path.rpartition("/")
        return Store(where), name
    return Folder(Path(path).parent), Path(path).name


def _is_backup(name: str) -> bool:
    return name.startswith("tertulia-") and ".tar.gz" in name


class Folder:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def new_file(self, name: str) -> Iterator[BinaryIO]:
        """Provide a file that gets its name when it is on the disk."""
        unfinished = self.folder / f".{name}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
                yield output
                output.flush()
                os.fsync(output.fileno())
            unfinished.rename(self.folder / name)
            folder = os.open(self.folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        except OSError as error:
            if not error.filename and error.errno not in _DISK_FAULTS:
                raise  # the database, not the file
            raise BackupFailed(f"No backup can be written to {self.folder}: {error.strerror}.") from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Provide the bytes of a file."""
        with (self.folder / name).open("rb") as source:
            yield source

    def path_of(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.folder / name)

    def keep_newest(self, count: int) -> None:
        """Delete all backups but so many newest ones."""
        for path in sorted(path for path in self.folder.iterdir() if _is_backup(path.name))[:-count]:
            path.unlink()

    def erasures(self) -> list[NotedErasure]:
        """Return the list of erasures beside the backups."""
        return read_lists([self.folder / FILE_NAME])

    def add_erasures(self, erasures: Sequence[NotedErasure]) -> None:
        """Add erasures to that list."""
        add_to_list(self.folder / FILE_NAME, erasures)


class Store:
    """A folder of a bucket, `s3://bucket/folder`.

    Its address and its keys are in the variables that all programs for such stores read: AWS_ENDPOINT_URL, AWS_REGION,
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        with _failures_of(self.url):
            is_plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
            # Not every store deletes several at once.
            self.store = S3Store.from_url(
                self.url, client_options={"allow_http": is_plain}, disable_bulk_delete=True
            )

    @contextmanager
    def new_file(self, name: str) -> Iterator[BinaryIO]:
        """Provide an object that appears when the block has ended; if it fails, the store forgets its parts."""
        limits: dict[str, Any] = {"buffer_size": _PART_SIZE, "max_concurrency": _PARTS_AT_ONCE}
        with _failures_of(self.url), obstore.open_writer(self.store, name, **limits) as output:
            yield cast("BinaryIO", output)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Provide the bytes of an object."""
        with _failures_of(self.url):
            raw = _Raw(obstore.open_reader(self.store, name, buffer_size=_PART_SIZE))
            yield cast("BinaryIO", BufferedReader(raw))

    def path_of(self, name: str) -> str:
        """Return the address of an object."""
        return f"{self.url}/{name}"

    def keep_newest(self, count: int) -> None:
        """Delete all backups but so many newest ones."""
        with _failures_of(self.url):
            # Not those of another community in a folder of this one.
            here = obstore.list_with_delimiter(self.store)["objects"]
            names = sorted(name for one in here if _is_backup(name := one["path"]))
            for name in names[:-count]:
                obstore.delete(self.store, name)

    def erasures(self) -> list[NotedErasure]:
        """Return the list of erasures beside the backups."""
        with _failures_of(self.url):
            try:
                content = bytes(obstore.get(self.store, FILE_NAME).bytes())
            except FileNotFoundError:
                return []
        return read_erasures(content.decode().splitlines())

    def add_erasures(self, erasures: Sequence[NotedErasure]) -> None:
        """Add erasures to that list."""
        if joined := join_lists(self.erasures(), erasures):
            with _failures_of(self.url):
                obstore.put(self.store, FILE_NAME, "".join(f"{one.line()}\n" for one in joined).encode())


class _Raw(RawIOBase):
    """The bytes of an object in the form in which Python reads files."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = bytes(self.source.read(len(buffer)))
        buffer[: len(found)] = found
        return len(found)


@contextmanager
def _failures_of(url: str) -> Iterator[None]:
    """Raise BackupFailed for what the store refuses, with the first line of its words."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        if isinstance(error, FileNotFoundError) and error.errno is not None:
            raise  # a file of this machine
        raise BackupFailed(f"{url} cannot be used: {str(error).splitlines()[0]}") from error
