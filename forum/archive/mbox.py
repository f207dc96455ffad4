"""Mbox files: which lines begin a mail (RFC 4155), and the bytes between them."""

import io
import re
from collections import deque
from collections.abc import Iterator
from typing import IO, Any

from core.errors import Malformed
from core.languages.texts import translatable

MAX_LINE_SIZE = 1 << 20
MAX_MESSAGE_SIZE = 16 << 20
# So many bytes of a file are read in advance, to see whether mails are as long as their headers say.
MAX_READ_AHEAD = 64 << 20

# "From address weekday month day time year". The address can be obfuscated ("ben at example.org") or a dash, the zone can be
# before or after the year, and some programs write the date of RFC 5322.
_DAY, _MONTH, _TIME = (
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?",
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
    rb"\d{1,2}:\d\d(?::\d\d)?",
)
_ZONE = rb"(?: +(?:[+-]\d{4}|[A-Z][A-Za-z]{0,4}(?:[+-]\d{1,4})?|\([A-Z]{2,5}\))){0,2}"
_ENVELOPE = re.compile(
    rb'From (?:"[^"\n]{0,200}"\S{0,200}|\S{1,500})(?: at \S{1,200})? +' + _DAY + rb" +(?:"
    rb"" + _MONTH + rb" +\d{1,2} +" + _TIME + _ZONE + rb" +(?:19|20)\d\d" + _ZONE + rb"|"
    rb"\d{1,2} +" + _MONTH + rb" +(?:19|20)\d\d +" + _TIME + _ZONE + rb")"
    rb"(?: remote from \S{1,200})?\s*$"
)
# Some mail servers wrote the day and the month in their own language.
_LOCAL_ENVELOPE = re.compile(
    rb"From \S{1,500}@\S{1,200} +[^\s\d]{2,6} +[^\s\d]{3,9} +\d{1,2} +" + _TIME + rb" +(?:19|20)\d\d\s*$"
)
_KNOWN_FIELD = re.compile(
    rb"(?:From|Return-Path|Received|Date|Message-ID|Delivered-To|To|Subject|X-[\w-]{1,60}):", re.I
)
_FIELD = re.compile(rb">?From |[!-9;-~]{1,80}:[ \t\r\n\S]")
_CONTENT_LENGTH = re.compile(rb"Content-Length:[ \t]*(\d{1,9})[ \t]*\r?\n", re.I)
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.M)


class NotAnArchive(Malformed):
    """The file is not an mbox file."""

    message = translatable("This is not an mbox archive.")


def split_mbox(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the separator line of each mail of an mbox file, its bytes, and how many bytes were too many and left out.

    A full envelope line begins a mail if a header follows it, or if it stands between blank lines, and nothing else does:
    people begin lines with "From". The first line of the file only has to begin with it. Raises NotAnArchive if it does not.
    """
    source = _Lines(_with_line_ends(stream))
    separator = b""
    mail = _MailLines()
    before = b""
    line = source.skip_blank()
    if not line.startswith(b"From "):
        raise NotAnArchive
    while line:
        if not separator or _is_beginning(line, before, source, mail):
            if separator:
                yield separator, mail.joined(), mail.too_many()
            separator, mail = line, _MailLines()
        else:
            mail.add(line)
        before, line = line, source.next()
    yield separator, mail.joined(), mail.too_many()


def _is_beginning(line: bytes, before: bytes, source: "_Lines", mail: "_MailLines") -> bool:
    if not line.startswith(b"From ") or not _is_envelope(line, before):
        return False
    if mail.missing > 0 and source.ends_after(line, mail.missing):
        # The mail says how long it is (mboxcl), and ends there: this line belongs to its text.
        return False
    mail.missing = 0
    following = source.peek()
    if not _ENVELOPE.match(line):
        return bool(_KNOWN_FIELD.match(following))
    return bool(_FIELD.match(following)) or not (before.strip() or following.strip())


class _MailLines:
    """The lines of one mail; `missing` is how many bytes of its body are still to come, if its header says so."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.size = self.missing = 0
        self.length = -1
        self.is_header = True

    def add(self, line: bytes) -> None:
        if self.is_header:
            if length := _CONTENT_LENGTH.match(line):
                self.length = int(length[1])
            self.is_header = bool(line.strip())
            self.missing = 0 if self.is_header else max(0, self.length)
        else:
            self.missing -= len(line)
        self.size += len(line)
        if self.size <= MAX_MESSAGE_SIZE:
            self.lines.append(line)

    def joined(self) -> bytes:
        return _ESCAPED_FROM.sub(rb"\1", b"".join(self.lines))

    def too_many(self) -> int:
        return max(0, self.size - MAX_MESSAGE_SIZE)


class _Lines:
    """The lines of a file, of which some can be read in advance."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.ahead: deque[bytes] = deque()
        self.budget = MAX_READ_AHEAD

    def next(self) -> bytes:
        return self.ahead.popleft() if self.ahead else self.stream.readline(MAX_LINE_SIZE)

    def peek(self) -> bytes:
        if not self.ahead:
            self.ahead.append(self.stream.readline(MAX_LINE_SIZE))
        return self.ahead[0]

    def ends_after(self, line: bytes, size: int) -> bool:
        """Return whether so many bytes from this line on end with a line before the end of a mail."""
        if size > min(self.budget, MAX_LINE_SIZE):
            return False
        self.budget -= size + len(self.ahead)
        lines = self._in_advance()
        size -= len(line)
        while size > 0 and (found := next(lines)):
            size -= len(found)
        if size:
            return False
        following = next(lines)
        if following and not following.strip():
            following = next(lines)
        return not following or bool(_ENVELOPE.match(following))

    def _in_advance(self) -> Iterator[bytes]:
        # Yields empty lines after the end of the file.
        yield from tuple(self.ahead)
        while True:
            self.ahead.append(self.stream.readline(MAX_LINE_SIZE))
            yield self.ahead[-1]

    def skip_blank(self) -> bytes:
        """Return the first line that is not blank, without a mark of the byte order."""
        line = self.next()
        while line and not line.strip(b"\xef\xbb\xbf \r\n"):
            line = self.next()
        return line.removeprefix(b"\xef\xbb\xbf")


def _is_envelope(line: bytes, before: bytes) -> bool:
    return bool(_ENVELOPE.match(line)) or (not before.strip() and bool(_LOCAL_ENVELOPE.match(line)))


class _MacLines(io.RawIOBase):
    """A file whose lines end with carriage returns, as old Macintosh programs wrote them, with line feeds instead."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(data)] = data
        return len(data)


def _with_line_ends(stream: IO[bytes]) -> IO[bytes]:
    beginning = stream.read(4_096)
    stream.seek(0)
    is_mac = b"\r" in beginning and b"\n" not in beginning
    return io.BufferedReader(_MacLines(stream)) if is_mac else stream
