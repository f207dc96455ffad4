"""One-line texts from mails (subjects, names, file names) without what would break the line or turn its direction."""

import re

from core.text import normalize
from core.visible import DIRECTION_MARKS

_SPACES = re.compile(r"\s+")
# Line and paragraph separators, and the characters that change the direction of the text after them.
_DIRECTION_MARKS = re.compile(f"[{DIRECTION_MARKS}]")
_CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f\u2028\u2029]")
_FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
# The C1 controls are never meant; they are windows-1252 that was taken for ISO-8859-1 on the way.
_C1 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


def to_line(text: str, length: int) -> str:
    """Return the text on one line of at most so many characters, in Unicode's composed form (NFC)."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:length].strip()
    text = _FORBIDDEN.sub("\ufffd", fix_c1(text))
    text = _DIRECTION_MARKS.sub("", _CONTROL_CHARACTERS.sub(" ", text))
    return normalize("NFC", _SPACES.sub(" ", text)).strip()[:length].strip()


def fix_c1(text: str) -> str:
    """Return the text with C1 control characters replaced by the windows-1252 characters they were meant to be."""
    return text if text.isascii() else text.translate(_C1)
