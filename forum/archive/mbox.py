"""Mbox files: which lines begin a mail (RFC 4155), and the bytes between them."""

import io
import re
from collections.abc import Iterator
from typing import IO, Any

from core.errors import Malformed

MAX_LINE_SIZE = 1 << 20
MAX_MESSAGE_SIZE = 16 << 20

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
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.M)


class NotAnArchive(Malformed):
    """The file is not an mbox file."""

    message = "This is not an mbox archive."


def split_mbox(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the separator line of each mail of an mbox file, its bytes, and how many bytes were too many and left out.

    A full envelope line begins a mail if a header follows it, or if it stands between blank lines, and nothing else does:
    people begin lines with "From". The first line of the file only has to begin with it. Raises NotAnArchive if it does not.
    """
    stream = _with_line_ends(stream)
    separator = b""
    lines: list[bytes] = []
    size = 0
    before = b""
    line = _skip_blank_lines(stream)
    if not line.startswith(b"From "):
        raise NotAnArchive
    while line:
        following = None
        if not separator or (line.startswith(b"From ") and _is_envelope(line, before)):
            following = stream.readline(MAX_LINE_SIZE)
            is_local = bool(separator) and not _ENVELOPE.match(line)
            is_header = (_KNOWN_FIELD if is_local else _FIELD).match(following)
            if not separator or is_header or not (is_local or before.strip() or following.strip()):
                if separator:
                    yield separator, _join_lines(lines), max(0, size - MAX_MESSAGE_SIZE)
                separator, lines, size = line, [], 0
                before, line = line, following
                continue
        size += len(line)
        if size <= MAX_MESSAGE_SIZE:
            lines.append(line)
        before, line = line, stream.readline(MAX_LINE_SIZE) if following is None else following
    yield separator, _join_lines(lines), max(0, size - MAX_MESSAGE_SIZE)


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


def _join_lines(lines: list[bytes]) -> bytes:
    return _ESCAPED_FROM.sub(rb"\1", b"".join(lines))


def _skip_blank_lines(stream: IO[bytes]) -> bytes:
    line = stream.readline(MAX_LINE_SIZE)
    while line and not line.strip(b"\xef\xbb\xbf \r\n"):
        line = stream.readline(MAX_LINE_SIZE)
    return line.removeprefix(b"\xef\xbb\xbf")
