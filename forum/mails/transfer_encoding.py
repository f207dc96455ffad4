"""Content-Transfer-Encoding (RFC 2045, 6), also where the label is written wrongly or does not fit the content."""

import re
from base64 import b64decode
from binascii import Error, a2b_qp, a2b_uu

_NOT_LETTERS = re.compile("[^a-z0-9]")
_BASE64_LINES = re.compile(rb"\s*(?:[A-Za-z0-9+/]+={0,2}[ \t]*\r?(?:\n\s*|\Z))+")
_PADDED_END = re.compile(rb"=[ \t]*\r?\n\s*(?=\S)")


def decode_transfer(body: bytes, label: str) -> bytes:
    """Return the content of a body; bytes that the encoding does not explain are kept as they are.

    Lists append their footer to base64 without encoding it, so what follows the encoded lines is text.
    """
    words = label.split(";")[0].split()
    encoding = _NOT_LETTERS.sub("", (words[0] if words else "").lower())
    if encoding in ("quotedprintable", "quoted") or label.lower().split() == ["quoted", "printable"]:
        return a2b_qp(body)
    if encoding == "base64":
        return _decode_base64(body)
    if encoding in ("xuuencode", "uuencode", "xuue", "uue"):
        return _decode_uu(body)
    return body


def _decode_base64(body: bytes) -> bytes:
    found = _BASE64_LINES.match(body)
    if found is None:
        return body
    end = found.end()
    if padded := _PADDED_END.search(body, 0, end):
        end = padded.end()
    encoded = body[:end].translate(None, b" \t\r\n=")
    if len(encoded) % 4 == 1:
        encoded = encoded[:-1]
    decoded = b64decode(encoded + b"=" * (-len(encoded) % 4))
    rest = body[end:].strip(b"\r\n")
    return decoded + b"\n\n" + rest if rest.strip(b" \t\r\n=") else decoded


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
