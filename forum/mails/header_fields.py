"""The header of a mail or of a part: its fields, unfolded, with encoded words still encoded."""

import re
from email.message import Message

from msgspec import Struct

from forum.mails.charsets import decode, is_for_headers
from forum.mails.encoded_words import decode_words

# Longer fields are not what a person wrote, and every step of reading has a bounded cost.
MAX_FIELD_LENGTH = 32_000
MAX_FIELDS = 2_000

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]?(.*)", re.S)
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|in-reply-to|references|reply-to|sender|received|return-path|mime-version|"
    rb"content-[a-z-]+|x-[a-z-]+|list-[a-z-]+|delivered-to)[ \t]*:",
    re.I,
)
# What needs no parser: parameters without continuations, comments and escapes.
_SIMPLE_TYPE = re.compile(r"[\w.+/-]*(?:\s?;\s?[\w-]{1,40}=(?:\"[^\"\\]{0,200}\"|[\w.:/+=-]{1,200}))*+\s?;?")
_PARAMETER = re.compile(r"([\w-]{1,40})=(\"[^\"]*\"|[^;\s]+)")
_LINE_BREAKS = re.compile(rb"\r?\n(?=[ \t])")


class HeaderFields(Struct):
    """The fields of a header in their order, by lower-case name, as bytes, and the label of their charset if it is known."""

    fields: list[tuple[str, bytes]]
    charset: str = ""
    parsed: Message | None = None
    parsed_parameters: dict[str, str] | None = None

    def raw(self, name: str) -> str:
        """Return the first field with this name as text, unfolded, with its encoded words; "" if there is none.

        Bytes above 127 are UTF-8, or else in the charset of the body. Parse the structure of a field from this, never from
        the decoded text: RFC 2047, section 5, lets no encoded word be part of it.
        """
        for key, value in self.fields:
            if key == name:
                return self._text(value)
        return ""

    def raw_all(self, name: str) -> list[str]:
        """Return all fields with this name, as `raw` returns the first."""
        return [self._text(value) for key, value in self.fields if key == name]

    def decoded(self, name: str) -> str:
        """Return the first field with this name with its encoded words decoded; "" if there is none."""
        return decode_words(self.raw(name))

    def parameters(self) -> Message:
        """Return the fields about the content as the standard library parses them (RFC 2045 and RFC 2231)."""
        if self.parsed is None:
            self.parsed = Message()
            for name in ("content-type", "content-disposition"):
                if value := self.raw(name):
                    self.parsed[name] = value.replace("\n", " ").replace("\r", " ")
        return self.parsed

    def choose_content_type(self) -> None:
        """Keep one of several Content-Type fields: the first with a boundary, because without it no part can be found."""
        declared = [field for field in self.fields if field[0] == "content-type"]
        if len(declared) > 1:
            chosen = next((field for field in declared if b"boundary" in field[1].lower()), declared[0])
            self.fields = [field for field in self.fields if field[0] != "content-type" or field is chosen]

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, such as `charset`; "" if there is none."""
        if self.parsed_parameters is None and _SIMPLE_TYPE.fullmatch(declared := self.raw("content-type")):
            pairs_found = _PARAMETER.findall(declared)
            self.parsed_parameters = {key.lower(): value.strip('"') for key, value in reversed(pairs_found)}
        elif self.parsed_parameters is None:
            pairs: list[tuple[str, object]] = list(self.parameters().get_params([])[1:])
            self.parsed_parameters = {
                key.lower(): str(value[2] if isinstance(value, tuple) else value).strip()
                for key, value in reversed(pairs)
            }
        return self.parsed_parameters.get(name, "")

    def set_charset(self, label: str) -> None:
        """Set the charset of bytes above 127, once the body is known."""
        self.charset = label
        if not all(value.isascii() for _, value in self.fields):
            self.parsed = self.parsed_parameters = None

    def _text(self, value: bytes) -> str:
        if value.isascii() and b"\x1b" not in value:
            return value.decode("ascii")
        return decode(value, self.charset if is_for_headers(self.charset) else "")[0]


def split_header(data: bytes) -> tuple[HeaderFields, bytes]:
    """Return the header fields at the beginning of a mail or part, and the bytes after the header."""
    lines: list[bytes] = []
    at = 0
    while at < len(data) and len(lines) < MAX_FIELDS:
        end = data.find(b"\n", at) + 1 or len(data)
        line = data[at:end]
        if not line.strip():
            at = end
            break
        if line[:1] in b" \t" and lines:
            if len(lines[-1]) < MAX_FIELD_LENGTH:
                lines[-1] += line
        elif _FIELD.match(line):
            lines.append(line)
        elif lines and _KNOWN_FIELD.match(data, end):
            # A field that was folded without the blank that marks it.
            lines[-1] += b" " + line
        elif line.startswith((b"From ", b">From ")):
            pass
        else:
            break
        at = end
    return HeaderFields([_field(line) for line in lines]), data[at:]


def _field(line: bytes) -> tuple[str, bytes]:
    found = _FIELD.match(line)
    assert found is not None
    # RFC 5322, 2.2.3: unfolding removes the line break and keeps the blank after it.
    value = found[2][:MAX_FIELD_LENGTH].strip(b" \t\r\n")
    if b"\n" in value:
        value = _LINE_BREAKS.sub(b"", value)
    return found[1].decode("ascii").lower(), value
