"""Content-Transfer-Encoding (RFC 2045, 6), also where the label is written wrongly or does not fit the content."""

import re
from base64 import b64decode
from binascii import Error, a2b_qp, a2b_uu

_NOT_LETTERS = re.compile("[^a-z0-9]")
_BASE64_LINES = re.compile(rb"\s*(?:[A-Za-z0-9+/]+={0,2}[ \t]*\r?(?:\n\s*|\Z))+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_PADDED_END = re.compile(rb"=[ \t]*\r?\n\s*(?=\S)")
# RFC 2045, 6.7: blanks at the end of a line were added on the way.
_BREAK_WITH_BLANKS = re.compile(rb"=[ \t]++(?=\r?\n)")
_NOT_ESCAPED = re.compile(rb"=(?![0-9A-F]{2}|\r?\n|\Z)")
# Control characters that no text has; SO, SI and ESC belong to ISO-2022.
_NOT_TEXT = re.compile(rb"[\x00-\x08\x10-\x1a\x1c-\x1f]")
_PLAIN_WORDS = re.compile(rb"\s*(?:[A-Z]?[a-z]{2,}\s*)+")
# The length of lines of base64 in mails; shorter ones can be words.
_LINE_LENGTHS = range(56, 77)
_SHORT = 200


def decode_transfer(body: bytes, label: str) -> bytes:
    """Return the content of a body; bytes that the encoding does not explain are kept as they are.

    Lists append their footer to base64 without encoding it, so what follows the encoded lines is text.
    """
    encoding = _encoding_of(label)
    if encoding == "quotedprintable":
        return a2b_qp(_BREAK_WITH_BLANKS.sub(b"=", body))
    if encoding == "base64":
        return _decode_base64(body)
    if encoding == "uuencode":
        return _decode_uu(body)
    return body


def decode_text_transfer(body: bytes, label: str, *, is_wide: bool) -> bytes:
    """Return the content of a part of text, with its label checked against the content.

    Words that are labelled base64 stay words, and encoded lines without a label are decoded. `is_wide` says that the charset
    has zero bytes, as UTF-16 has.
    """
    encoding = _encoding_of(label)
    if encoding == "base64" and not is_wide:
        return _decode_base64_text(body)
    return decode_transfer(body, label) if encoding else _decode_unlabelled(body)


def is_text(data: bytes) -> bool:
    """Return whether bytes can be text: they have none of the control characters that no text has."""
    return not _NOT_TEXT.search(data)


def _encoding_of(label: str) -> str:
    words = label.split(";")[0].split()
    name = _NOT_LETTERS.sub("", (words[0] if words else "").lower())
    if name in ("quotedprintable", "quoted") or label.lower().split() == ["quoted", "printable"]:
        return "quotedprintable"
    return "uuencode" if name in ("xuuencode", "uuencode", "xuue", "uue") else name * (name == "base64")


def _decode_base64(body: bytes) -> bytes:
    found = _BASE64_LINES.match(body)
    if found is None:
        return body
    end = found.end()
    if padded := _PADDED_END.search(body, 0, end):
        end = padded.end()
    decoded = _decode_groups(body[:end])
    rest = body[end:].strip(b"\r\n")
    if len(rest) % 4 == 0 and rest.endswith(b"=") and _is_unicode(again := _decode_groups(rest)):
        # Two encoded texts, one after the other.
        return decoded + again
    return decoded + b"\n\n" + rest if rest.strip(b" \t\r\n=") else decoded


def _decode_base64_text(body: bytes) -> bytes:
    if len(body) < _SHORT and _PLAIN_WORDS.fullmatch(body):
        return body
    decoded = _decode_base64(body)
    if decoded != body:
        return decoded if is_text(decoded) or not is_text(body) else body
    lines = [line.strip() for line in body.splitlines()]
    if not any(b" " in line for line in lines):
        # RFC 2045, 6.8: characters outside the alphabet are ignored.
        encoded = _NOT_BASE64.sub(b"", body)
        decoded = _decode_groups(encoded)
        if body.rstrip().endswith(b"=") and _is_unicode(decoded):
            return decoded
    return body


def _decode_groups(encoded: bytes) -> bytes:
    encoded = _NOT_BASE64.sub(b"", encoded)
    if len(encoded) % 4 == 1:
        encoded = encoded[:-1]
    return b64decode(encoded + b"=" * (-len(encoded) % 4))


def _decode_unlabelled(body: bytes) -> bytes:
    if b"=" in body and not _NOT_ESCAPED.search(body):
        decoded = a2b_qp(body)
        # A text of ASCII with such escapes is about them.
        if not decoded.isascii() and body.isascii() and _is_unicode(decoded):
            return decoded
    beginning = body[:_SHORT].split()[:2]
    is_even = (
        len(beginning) == 2 and len(beginning[0]) in _LINE_LENGTHS and not _NOT_BASE64.search(beginning[0])
    )
    if is_even and _BASE64_LINES.fullmatch(body):
        lines = body.split()
        decoded = _decode_groups(body) if len({len(line) for line in lines[:-1]}) == 1 else b"\0"
        return decoded if _is_unicode(decoded) else body
    return body


def _is_unicode(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return is_text(data)


def _decode_uu(body: bytes) -> bytes:
    decoded = []
    for line in body.splitlines():
        if line.startswith((b"begin ", b"end")) or not line.strip():
            continue
        try:
            decoded.append(a2b_uu(line))
        except Error:
            return body
    return b"".join(decoded)
