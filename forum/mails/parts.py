"""The MIME parts of a mail (RFC 2046), divided where their delimiters are, whatever the label says.

The standard library's parser returns no text for a multipart whose delimiter is not found, and takes quadratic time for
nested ones; here every level is one search.
"""

import re

from msgspec import Struct

from forum.mails.header_fields import HeaderFields, split_header
from forum.mails.transfer_encoding import decode_text_transfer, decode_transfer

MAX_DEPTH = 20
MAX_PARTS = 1_000

_SEEN_DELIMITER = re.compile(
    rb"^--([^\s][^\r\n]{0,200}?)[ \t]*\r?\n(?=content-(?:type|transfer-encoding|disposition|id|description)[ \t]*:)",
    re.I | re.M,
)
# A whole text that is a multipart: it begins with a delimiter, behind a notice at most, and ends with the closing one.
_NOTICE_LINES = re.compile(rb"\s*(?:(?!--)[^\r\n]{1,200}\r?\n\s*){0,2}")
_WIDE_CHARSETS = ("utf-16", "utf16", "utf-32", "utf32", "ucs", "unicode")
_PART_FIELDS = re.compile(rb"\s*content-(?:type|transfer-encoding|disposition)[ \t]*:", re.I)
_MAIL_TYPES = ("message/rfc822", "message/global", "message/news")
_BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)++")
_TYPE = re.compile(r"\s*([\w.+-]+)\s*/\s*([\w.+-]+)")


class Part(Struct):
    """A part: `kind` is its media type in lower case, `body` its bytes, still encoded, if it has no `children`.

    `before` and `after` are what stands outside the children; `is_flattened` marks a multipart in which no part was found.
    """

    header: HeaderFields
    kind: str
    body: bytes
    children: list["Part"] = []
    before: bytes = b""
    after: bytes = b""
    is_flattened: bool = False

    def content(self) -> bytes:
        """Return the bytes of the body without their transfer encoding."""
        label = self.header.raw("content-transfer-encoding")
        if self.kind.startswith("text/"):
            is_wide = self.parameter("charset").lower().startswith(_WIDE_CHARSETS)
            return decode_text_transfer(self.body, label, is_wide=is_wide)
        return decode_transfer(self.body, label)

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, such as `charset`; "" if there is none."""
        return self.header.parameter(name)

    def file_name(self) -> str:
        """Return the name that the sender gave to the part, as it stands there; "" if there is none."""
        return str(self.header.parameters().get_filename("") or "")

    def is_attachment(self) -> bool:
        """Return whether the sender declared the part an attachment."""
        return self.header.raw("content-disposition").strip().lower().startswith("attachment")


class _Budget(Struct):
    parts: int = MAX_PARTS


def parse_mail(data: bytes) -> Part:
    """Return the mail with its parts. Deeper or more parts than any real mail has are left as the text of one part."""
    if b"\n" not in data[:2_000]:
        # Line ends of old Macintosh programs.
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _parse(_without_blank_lines(data), "text/plain", 0, _Budget())


def _parse(data: bytes, default: str, depth: int, budget: _Budget) -> Part:
    header, body = split_header(data)
    header.choose_content_type()
    declared = header.raw("content-type")
    found = _TYPE.match(declared)
    kind = f"{found[1]}/{found[2]}".lower() if found else default
    part = Part(header, kind, body)
    budget.parts -= 1
    is_undeclared = not found and default == "text/plain"
    if (
        kind.startswith("multipart/")
        or (is_undeclared and _SEEN_DELIMITER.search(body[:20_000]))
        or (kind == "text/plain" and _is_whole_multipart(body))
    ):
        _divide(part, depth, budget)
    elif (kind in _MAIL_TYPES or _is_mail_by_content(part)) and depth < MAX_DEPTH and budget.parts > 0:
        content = _without_blank_lines(part.content())
        part.children = [_parse(content, "text/plain", depth + 1, budget)]
    return part


def _is_mail_by_content(part: Part) -> bool:
    # RFC 2046, 5.2.2: the first piece of a divided mail begins with its header; the other pieces are rarely text. Some
    # programs attach a mail as a file of unknown type.
    if part.kind == "application/octet-stream":
        return part.file_name().lower().endswith(".eml")
    return part.kind == "message/partial" and part.parameter("number") == "1"


def _is_whole_multipart(body: bytes) -> bool:
    begin = _NOTICE_LINES.match(body)
    seen = _SEEN_DELIMITER.match(body, begin.end() if begin else 0)
    return seen is not None and body.rstrip().endswith(b"--" + seen[1] + b"--")


def _without_blank_lines(data: bytes) -> bytes:
    # What was copied from a mail program begins with lines of blanks.
    return data[len(found[0]) :] if (found := _BLANK_LINES.match(data)) else data


def _divide(part: Part, depth: int, budget: _Budget) -> None:
    segments = _segments(part.body, part.parameter("boundary").rstrip().encode(errors="replace"))
    if not segments:
        seen = _SEEN_DELIMITER.search(part.body)
        segments = _segments(part.body, seen[1]) if seen else []
    if not segments and (content := part.content()) != part.body:
        part.body, part.header.fields = (
            content,
            [field for field in part.header.fields if field[0] != "content-transfer-encoding"],
        )
        segments = _segments(content, part.parameter("boundary").encode(errors="replace"))
    if not segments or depth >= MAX_DEPTH:
        part.is_flattened = True
        return
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    part.before = segments[0][0]
    if _PART_FIELDS.match(part.before):
        # The first delimiter is missing.
        segments = [(b"", True), (part.before, False), *segments[1:]]
        part.before = b""
    after = []
    for segment, is_outside in segments[1:]:
        if is_outside:
            after.append(segment)
        elif budget.parts > 0 and segment.strip():
            part.children.append(_parse(segment, default, depth + 1, budget))
        elif segment.strip():
            after.append(segment)
    part.after = b"\n".join(after)
    part.body = b""


def _segments(body: bytes, boundary: bytes) -> list[tuple[bytes, bool]]:
    # What stands before the first delimiter, and what follows each, with whether it follows a closing one.
    if not boundary:
        return []
    delimiter = b"--" + boundary
    segments: list[tuple[bytes, bool]] = []
    start, is_outside = 0, True
    # Searched with the line break before it: many delimiters within one line would be searched through again each time.
    at = 0 if body.startswith(delimiter) else _next_line(body, delimiter, 0)
    while at >= 0:
        end = body.find(b"\n", at) + 1 or len(body)
        rest = body[at + len(delimiter) : end].strip()
        if rest in (b"", b"--"):
            segments.append((body[start:at].removesuffix(b"\n").removesuffix(b"\r"), is_outside))
            start, is_outside = end, rest == b"--"
        at = _next_line(body, delimiter, end - 1)
    if segments:
        segments.append((body[start:], is_outside))
    return segments


def _next_line(body: bytes, beginning: bytes, at: int) -> int:
    found = body.find(b"\n" + beginning, at)
    return found + 1 if found >= 0 else -1
