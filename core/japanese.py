"""Japanese charsets as Windows and web browsers read them: ISO-2022-JP and EUC-JP with the rows of NEC and IBM.

Python's codecs for these two refuse the circled numbers and the other characters that the WHATWG Encoding Standard takes
from windows-31j; so each character is moved to its place in that charset, which Python has (`cp932`).
"""

import re

_ISO_2022 = re.compile(rb"\x1b(\$[@B]|\([BJIH]|\$\([@BD])")
_EUC_CHARACTER = re.compile(rb"[\x00-\x7f]+|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2}|.", re.S)
_DOUBLE = re.compile(rb"[\x21-\x7e]{2}|[\x00-\x20]+|.", re.S)
_REPLACEMENT = "\ufffd"
_ROMAN = {0x5C: "¥", 0x7E: "‾"}


def decode_iso_2022_jp(data: bytes) -> str:
    """Return the text of ISO-2022-JP (RFC 1468); a character outside the tables costs one U+FFFD."""
    pieces = _ISO_2022.split(data)
    text = [_single_byte(pieces[0])]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if not piece:
            continue
        if escape == b"(I":
            text.append(bytes(b | 0x80 if b > 0x20 else b for b in piece).decode("cp932", "replace"))
        elif escape == b"(J":
            # JIS X 0201 has the yen sign and the overline in place of two characters of ASCII.
            text.append(_single_byte(piece).translate(_ROMAN))
        elif escape.startswith(b"("):
            text.append(_single_byte(piece))
        else:
            # A line ends in ASCII, also if the escape for it was lost.
            line, end, rest = piece.partition(b"\n")
            decode = _supplementary if escape == b"$(D" else _kanji
            text.append("".join(decode(found[0]) for found in _DOUBLE.finditer(line)))
            text.append(_single_byte(end + rest))
    return "".join(text)


def decode_euc_jp(data: bytes) -> str:
    """Return the text of EUC-JP; a character outside the tables costs one U+FFFD."""
    return "".join(_euc(found[0]) for found in _EUC_CHARACTER.finditer(data))


def _euc(code: bytes) -> str:
    if code[0] < 0x80:
        return code.decode("ascii")
    if len(code) == 1:
        return _REPLACEMENT
    if code[0] == 0x8E:
        return code[1:].decode("cp932", "replace")
    if code[0] == 0x8F:
        return code.decode("euc_jp", "replace")[:1]
    return _kanji(bytes(b & 0x7F for b in code))


def _single_byte(piece: bytes) -> str:
    return piece.decode("ascii") if piece.isascii() else piece.decode("cp932", "replace")


def _supplementary(code: bytes) -> str:
    if len(code) == 2 and code[0] > 0x20:
        return (b"\x8f" + bytes(b | 0x80 for b in code)).decode("euc_jp", "replace")[:1]
    return _kanji(code)


def _kanji(code: bytes) -> str:
    if code[0] <= 0x20:
        return code.decode("ascii")
    if len(code) == 1:
        return _REPLACEMENT
    # From row and cell of JIS X 0208 to Shift_JIS, which packs two rows under one lead byte.
    row, cell = code
    lead = ((row + 1) >> 1) + (0x70 if row < 0x5F else 0xB0)
    trail = cell + (0x1F if row % 2 else 0x7E) + (1 if row % 2 and cell >= 0x60 else 0)
    text = bytes((lead, trail)).decode("cp932", "replace")
    return text if len(text) == 1 else _REPLACEMENT
