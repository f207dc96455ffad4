"""Charsets of mail that write other scripts with ASCII bytes: UTF-7, HZ and ISO-2022-CN.

Each decoder keeps what it cannot read as the ASCII characters that stand there, so that a wrong label loses no text.
"""

import re
from base64 import b64decode

_SHIFTED = re.compile(r"\+([A-Za-z0-9+/]*)(-?)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
_HZ = re.compile(rb"~(?:\{([\x21-\x7d][\x20-\x7e]*?)(?:~\}|$)|~|$)", re.M)
_CN = re.compile(rb"\x1b(\$[)*][A-H])|\x0e([\x20-\x7e\xa0-\xff]*)(?:\x0f|(?=\r?\n)|\Z)|\x0f")


def decode_utf_7(text: str) -> str:
    """Return the text of UTF-7 (RFC 2152); a plus sign that begins no encoded characters stays a plus sign."""

    def decode(run: re.Match[str]) -> str:
        if not run[1]:
            return "+" if run[2] else run[0]
        octets = b64decode(run[1] + "A" * (-len(run[1]) % 4))
        bits = len(run[1]) * 6
        end = bits // 16 * 2
        try:
            decoded = octets[:end].decode("utf-16-be")
        except UnicodeDecodeError:
            return run[0]
        # The bits that are left over are few and zero; otherwise these are letters after a plus sign.
        is_encoded = decoded and bits % 16 < 6 and not octets[end:].strip(b"\0")
        return decoded if is_encoded and not _CONTROL.search(decoded) else run[0]

    return _SHIFTED.sub(decode, text)


def decode_hz(data: bytes) -> str:
    """Return the text of HZ (RFC 1843): GB 2312 between `~{` and `~}`, at most to the end of a line."""
    pieces: list[str] = []
    done = 0
    for found in _HZ.finditer(data):
        pieces.append(data[done : found.start()].decode("gb18030", "replace"))
        if found[1] is not None:
            pieces.append(_shift_up(found[1], "gb18030"))
        elif found[0] == b"~~":
            pieces.append("~")
        done = found.end()
        if found[0] == b"~" and data[done : done + 1] == b"\n":
            done += 1
    return "".join([*pieces, data[done:].decode("gb18030", "replace")])


def decode_iso_2022_cn(data: bytes) -> str:
    """Return the text of ISO-2022-CN (RFC 1922) as far as it is in GB 2312; a character of CNS 11643 costs one U+FFFD."""
    pieces: list[str] = []
    done = 0
    is_gb = True
    for found in _CN.finditer(data):
        pieces.append(data[done : found.start()].decode("utf-8", "replace"))
        if found[1]:
            is_gb = found[1] in (b"$)A", b"$)E")
        elif found[2]:
            pieces.append(_shift_up(found[2], "gb18030") if is_gb else "\ufffd" * (len(found[2]) // 2))
        done = found.end()
    return "".join([*pieces, data[done:].decode("utf-8", "replace")])


def _shift_up(codes: bytes, codec: str) -> str:
    return bytes(code | 0x80 for code in codes).decode(codec, "replace")
