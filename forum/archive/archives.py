"""Archives of mailing lists: mbox files, plain or gzipped, as mails in the order of the file; texts wait on disk."""

import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Malformed
from forum.archive.messages import OLDEST, Mail, made_id, read_mail

LINE = 1 << 20
BIGGEST = 16 << 20

_OPENING = re.compile(rb"From (?:\S+\s*$|.*\d{1,2}:\d\d|.*\b(?:19|20)\d\d\s*$)")
_DATED = re.compile(rb"From \S.* [A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: .*)? (?:19|20)\d\d")
_HEADER = re.compile(rb">?From |[!-9;-~]{1,80}:[ \t\r\n\S]")
_STUFFED = re.compile(rb"^>(>*From )", re.M)


class NotAnArchive(Malformed):
    """The file is not an mbox file."""

    message = "This is not an mbox archive."


class Remark(Struct, frozen=True):
    """Something about one mail of an archive that whoever imports it should know."""

    file: str
    position: int
    id: str
    what: str
    is_skipped: bool = False


class Archive:
    """The mails of some files without their texts, which wait in a file of their own; and what was remarkable."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.places: list[tuple[str, int]] = []
        self.remarks: list[Remark] = []
        self.skipped: dict[str, int] = {}
        self.read = 0
        self._texts: IO[bytes] = tempfile.TemporaryFile(prefix="tertulia-")  # noqa: SIM115, lives as long as this
        self._spans: list[tuple[int, int]] = []

    def add(self, mail: Mail, file: str, position: int) -> None:
        """Keep a mail; its text goes to the disk."""
        data = mail.text.encode()
        self._spans.append((self._texts.seek(0, 2), len(data)))
        self._texts.write(data)
        self.mails.append(replace(mail, text=""))
        self.places.append((file, position))
        for quirk in mail.quirks:
            self.remark(len(self.mails) - 1, quirk)

    def text(self, i: int) -> str:
        """The text of the i-th mail."""
        start, size = self._spans[i]
        self._texts.seek(start)
        return self._texts.read(size).decode()

    def remark(self, i: int, what: str) -> None:
        """Say something about the i-th mail."""
        self.remarks.append(Remark(*self.places[i], self.mails[i].id, what))

    def skip(self, file: str, position: int, identity: str, why: str) -> None:
        """Leave out a mail, and say why."""
        self.skipped[why] = self.skipped.get(why, 0) + 1
        self.remarks.append(Remark(file, position, identity, why, is_skipped=True))

    def close(self) -> None:
        """Let go of the texts."""
        self._texts.close()


def read_archives(paths: Sequence[Path], now: datetime) -> Archive:
    """All mails of the files, each once, every one with a date."""
    archive = Archive()
    known: dict[str, tuple[str, str]] = {}
    for path in paths:
        with path.open("rb") as raw:
            _read(archive, known, raw, path.name, now)
    _date_all(archive)
    return archive


def split(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """The opening line and the bytes of each mail of an mbox file; no bytes where they are too many."""
    opening = b""
    lines: list[bytes] = []
    size = 0
    before = b"\n"
    line = _skip_blank(stream)
    if not line.startswith(b"From "):
        raise NotAnArchive
    while line:
        following = None
        if line.startswith(b"From ") and _OPENING.match(line):
            following = stream.readline(LINE)
            if not opening or _HEADER.match(following) or (not before.strip() and _DATED.match(line)):
                if opening:
                    yield opening, _joined(lines, size)
                opening, lines, size = line, [], 0
                before, line = line, following
                continue
        size += len(line)
        if size <= BIGGEST:
            lines.append(line)
        before, line = line, stream.readline(LINE) if following is None else following
    yield opening, _joined(lines, size)


def _joined(lines: list[bytes], size: int) -> bytes | None:
    return _STUFFED.sub(rb"\1", b"".join(lines)) if size <= BIGGEST else None


def _skip_blank(stream: IO[bytes]) -> bytes:
    line = stream.readline(LINE)
    while line and not line.strip(b"\xef\xbb\xbf \r\n"):
        line = stream.readline(LINE)
    return line.removeprefix(b"\xef\xbb\xbf")


def _read(
    archive: Archive, known: dict[str, tuple[str, str]], raw: IO[bytes], file: str, now: datetime
) -> None:
    is_zipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    stream: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if is_zipped else raw
    position = 0
    try:
        for opening, data in split(stream):
            position += 1
            archive.read += 1
            _take(archive, known, opening, data, (file, position), now)
    except NotAnArchive:
        raise NotAnArchive(f"{file} is not an mbox archive.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        archive.read += 1
        archive.skip(file, position + 1, "", "the file is damaged from here on")


def _take(
    archive: Archive,
    known: dict[str, tuple[str, str]],
    opening: bytes,
    data: bytes | None,
    place: tuple[str, int],
    now: datetime,
) -> None:
    if data is None:
        archive.skip(*place, "", "too big")
        return
    try:
        mail = read_mail(opening.decode("latin-1").strip(), data, now)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # What the parser of the standard library stumbles over; nothing is known of such a mail.
        archive.skip(*place, "", "unreadable")
        return
    who = (mail.address or mail.name, mail.subject)
    if mail.id in known:
        if known[mail.id] == who:
            archive.skip(*place, mail.id, "the same message id again")
            return
        mail = replace(mail, id=made_id(mail), quirks=(*mail.quirks, "message id of another mail"))
        if mail.id in known:
            archive.skip(*place, mail.id, "the same message id again")
            return
    known[mail.id] = who
    archive.add(mail, *place)


def _date_all(archive: Archive) -> None:
    # A mail without a date lies between its neighbours in the file: it takes the one before, or the first after.
    last = next((mail.at for mail in archive.mails if mail.at), OLDEST)
    for i, mail in enumerate(archive.mails):
        if mail.at is None:
            archive.mails[i] = replace(mail, at=last)
        else:
            last = mail.at
