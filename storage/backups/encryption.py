"""Encryption of backups in the format of age: the server knows the public key only, so it cannot read old backups.

`pyrage` reads one stream and writes another; here a pipe joins it with the code that writes or reads the archive.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

from storage.backups.shapes import BackupFailed

_MAGIC = b"age-encryption.org/"


def parse_recipient(text: str) -> Any:
    """Return a public key: one of age (`age1...`) or of SSH (`ssh-ed25519 ...`); raise BackupFailed."""
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise BackupFailed(f"{text[:20]}... is no public key of age or SSH.") from error


def read_identities(path: Path) -> list[Any]:
    """Return the private keys of a file that `age-keygen` or `ssh-keygen` wrote; raise BackupFailed."""
    content = path.read_bytes()
    try:
        if b"PRIVATE KEY-----" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode().splitlines()]
        found = [
            pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")
        ]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise BackupFailed(f"{path} has no private key that can be used: {error}.") from error
    if not found:
        raise BackupFailed(f"{path} contains no private key.")
    return found


@contextmanager
def encrypted(output: BinaryIO, recipients: list[Any]) -> Iterator[BinaryIO]:
    """Provide a stream whose bytes are written to `output`, encrypted for each of these public keys, if there are any."""
    if not recipients:
        yield output
        return
    reading, writing = os.pipe()
    thread = _Thread(lambda source: pyrage.encrypt_io(source, output, recipients), os.fdopen(reading, "rb"))
    with thread, os.fdopen(writing, "wb", buffering=1 << 16) as plain:
        yield plain


@contextmanager
def decrypted(source: BinaryIO, identities: list[Any]) -> Iterator[BinaryIO]:
    """Provide the bytes of a backup, decrypted if it is encrypted; raise BackupFailed if none of the keys fits."""
    start = source.read(len(_MAGIC))
    whole = _Joined(start, source)
    if start != _MAGIC:
        yield whole  # type: ignore[misc]  # it reads, and nothing else is asked of it
        return
    if not identities:
        raise BackupFailed("The backup is encrypted: name the file with its private key, --identity FILE.")
    with piped(lambda plain: pyrage.decrypt_io(whole, plain, identities)) as plain:
        yield plain


@contextmanager
def piped(work: Callable[[BinaryIO], object]) -> Iterator[BinaryIO]:
    """Provide what a function writes to its stream, while it runs in a thread of its own."""
    reading, writing = os.pipe()
    with _Thread(work, os.fdopen(writing, "wb")), os.fdopen(reading, "rb") as plain:
        yield plain


class _Joined:
    """The first bytes of a stream that were read already, and the rest."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self.start = BytesIO(start)
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        return self.start.read(size) or self.rest.read(size)


class _Thread:
    """Runs one end of a pipe beside the block; what fails there is raised when the block ends."""

    def __init__(self, work: Any, end: BinaryIO) -> None:
        self.error: Exception | None = None

        def run() -> None:
            try:
                with end:
                    work(end)
            except Exception as error:
                # A broken pipe means that the block has ended early, with an error of its own.
                if "Broken pipe" not in str(error):
                    self.error = error

        self.thread = threading.Thread(target=run, name="encryption")

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.thread.join()
        if self.error is not None:
            if isinstance(self.error, BackupFailed):
                raise self.error
            raise BackupFailed(f"The backup cannot be read or written: {self.error}.") from self.error
