"""Reader for mailing-list archives: mbox files, plain or gzipped. The texts of the messages are kept in a temporary file."""

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
from forum.archive.messages import EARLIEST_DATE, ArchivedMessage, make_distinct_id, parse_message

MAX_LINE_SIZE = 1 << 20
MAX_MESSAGE_SIZE = 16 << 20

# A line that starts with "From " may start a message or belong to a text. It starts a message if it looks like a separator
# and a header follows, or if it has a complete date and follows a blank line.
_SEPARATOR = re.compile(rb"From (?:\S+\s*$|.*\d{1,2}:\d\d|.*\b(?:19|20)\d\d\s*$)")
_DATED_SEPARATOR = re.compile(
    rb"From \S.* [A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: .*)? (?:19|20)\d\d"
)
_HEADER = re.compile(rb">?From |[!-9;-~]{1,80}:[ \t\r\n\S]")
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.M)


class NotAnArchive(Malformed):
    """The file is not an mbox file."""

    message = "This is not an mbox archive."


class Remark(Struct, frozen=True):
    """Something about one message of an archive that the person who imports it should know; `position` counts from 1."""

    file: str
    position: int
    id: str
    what: str
    is_skipped: bool = False


class Archive:
    """The messages of some files, without their texts, and the remarks about them; the texts are in a temporary file."""

    def __init__(self) -> None:
        self.messages: list[ArchivedMessage] = []
        self.sources: list[tuple[str, int]] = []
        self.remarks: list[Remark] = []
        self.skipped: dict[str, int] = {}
        self.read = 0
        self._texts: IO[bytes] = tempfile.TemporaryFile(prefix="tertulia-")  # noqa: SIM115, closed by close()
        self._spans: list[tuple[int, int]] = []

    def add(self, message: ArchivedMessage, file: str, position: int) -> None:
        """Add a message and write its text to the temporary file."""
        data = message.text.encode()
        self._spans.append((self._texts.seek(0, 2), len(data)))
        self._texts.write(data)
        self.messages.append(replace(message, text=""))
        self.sources.append((file, position))
        for repair in message.repairs:
            self.remark(len(self.messages) - 1, repair)

    def text(self, i: int) -> str:
        """Return the text of the i-th message, counted from 0."""
        start, size = self._spans[i]
        self._texts.seek(start)
        return self._texts.read(size).decode()

    def remark(self, i: int, what: str) -> None:
        """Add a remark about the i-th message, counted from 0."""
        self.remarks.append(Remark(*self.sources[i], self.messages[i].id, what))

    def skip(self, file: str, position: int, message_id: str, why: str) -> None:
        """Count a message as skipped and add the reason to the remarks."""
        self.skipped[why] = self.skipped.get(why, 0) + 1
        self.remarks.append(Remark(file, position, message_id, why, is_skipped=True))

    def close(self) -> None:
        """Delete the temporary file with the texts."""
        self._texts.close()


def read_archives(paths: Sequence[Path], now: datetime) -> Archive:
    """Return all messages of the files in their order, without duplicates, each with a date; raise NotAnArchive.

    Dates more than a day after `now` are not believed.
    """
    archive = Archive()
    authors_and_subjects: dict[str, tuple[str, str]] = {}
    for path in paths:
        with path.open("rb") as raw:
            _read_file(archive, authors_and_subjects, raw, path.name, now)
    _fill_missing_dates(archive)
    return archive


def split_mbox(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield the separator line and the bytes of each message of an mbox file; None if larger than `MAX_MESSAGE_SIZE`.

    Raises NotAnArchive if the file does not start with a separator line.
    """
    separator = b""
    lines: list[bytes] = []
    size = 0
    before = b"\n"
    line = _skip_blank_lines(stream)
    if not line.startswith(b"From "):
        raise NotAnArchive
    while line:
        following = None
        if line.startswith(b"From ") and _SEPARATOR.match(line):
            following = stream.readline(MAX_LINE_SIZE)
            if (
                not separator
                or _HEADER.match(following)
                or (not before.strip() and _DATED_SEPARATOR.match(line))
            ):
                if separator:
                    yield separator, _join_lines(lines, size)
                separator, lines, size = line, [], 0
                before, line = line, following
                continue
        size += len(line)
        if size <= MAX_MESSAGE_SIZE:
            lines.append(line)
        before, line = line, stream.readline(MAX_LINE_SIZE) if following is None else following
    yield separator, _join_lines(lines, size)


def _join_lines(lines: list[bytes], size: int) -> bytes | None:
    return _ESCAPED_FROM.sub(rb"\1", b"".join(lines)) if size <= MAX_MESSAGE_SIZE else None


def _skip_blank_lines(stream: IO[bytes]) -> bytes:
    line = stream.readline(MAX_LINE_SIZE)
    while line and not line.strip(b"\xef\xbb\xbf \r\n"):
        line = stream.readline(MAX_LINE_SIZE)
    return line.removeprefix(b"\xef\xbb\xbf")


def _read_file(
    archive: Archive,
    authors_and_subjects: dict[str, tuple[str, str]],
    raw: IO[bytes],
    file: str,
    now: datetime,
) -> None:
    is_gzipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    stream: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if is_gzipped else raw
    position = 0
    try:
        for separator, data in split_mbox(stream):
            position += 1
            archive.read += 1
            _add_message(archive, authors_and_subjects, separator, data, (file, position), now)
    except NotAnArchive:
        raise NotAnArchive(f"{file} is not an mbox archive.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        archive.read += 1
        archive.skip(file, position + 1, "", "the file is damaged from here on")


def _add_message(
    archive: Archive,
    authors_and_subjects: dict[str, tuple[str, str]],
    separator: bytes,
    data: bytes | None,
    source: tuple[str, int],
    now: datetime,
) -> None:
    # `authors_and_subjects` tells by message id whether a repeated id is a duplicate or belongs to a different message.
    if data is None:
        archive.skip(*source, "", "too big")
        return
    try:
        message = parse_message(separator.decode("latin-1").strip(), data, now)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The parser of the standard library raises these for some malformed messages.
        archive.skip(*source, "", "unreadable")
        return
    author_and_subject = (message.address or message.name, message.subject)
    if message.id in authors_and_subjects:
        if authors_and_subjects[message.id] == author_and_subject:
            archive.skip(*source, message.id, "the same message id again")
            return
        repairs = (*message.repairs, "message id of another mail")
        message = replace(message, id=make_distinct_id(message), repairs=repairs)
        if message.id in authors_and_subjects:
            archive.skip(*source, message.id, "the same message id again")
            return
    authors_and_subjects[message.id] = author_and_subject
    archive.add(message, *source)


def _fill_missing_dates(archive: Archive) -> None:
    # A message without a date takes the date of the message before it in the file, or the first date of all.
    last = next((message.at for message in archive.messages if message.at), EARLIEST_DATE)
    for i, message in enumerate(archive.messages):
        if message.at is None:
            archive.messages[i] = replace(message, at=last)
        else:
            last = message.at
