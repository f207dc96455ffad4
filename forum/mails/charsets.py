"""Character sets of mails: bytes to text by the labels of the WHATWG Encoding Standard, with UTF-8 first.

The standard says what a label stands for in practice: `iso-8859-1` is windows-1252, `gb2312` is gbk, `shift_jis` is
windows-31j. Charsets that occur in mail only (RFC 1922, RFC 2152, RFC 1557) are added.
"""

import codecs
import re
import unicodedata
from functools import lru_cache

from webencodings import LABELS, lookup

from forum.mails.japanese import decode_euc_jp, decode_iso_2022_jp

REPLACEMENT = "\ufffd"

_ESCAPES = re.compile(rb"\x1b(?:\$[@B]|\([BJI]|\$\([D])")
_KOREAN_ESCAPE = b"\x1b$)C"
# Python's codecs for labels outside the standard; its other codecs are not charsets, and some take quadratic time.
_OTHER_CODECS = re.compile(
    r"cp\d{3,4}|iso2022_(?:jp|kr)\w*|iso8859-\d+|hz|utf-7|utf-32(?:-[bl]e)?|mac-\w+|johab|ptcp154|kz1048|tis-620|"
    r"big5(?:hkscs)?|gbk|gb2312|euc_(?:jp|kr|jisx0213|jis_2004)|shift_jis\w*"
)
_WIDER = {
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
}
# Bytes below 128 do not stand for themselves in these, so they cannot be the charset of raw headers.
_STATEFUL = ("utf-7", "utf-16", "utf-32", "hz", "iso2022", "iso-2022")
_MULTIBYTE = ("gb18030", "big5hkscs", "cp949", "johab", "cp932", "euc-jp")
# So many characters of two bytes each are UTF-8 by chance less than once in a million texts.
_ENOUGH_PAIRS = 6


def decode(data: bytes, label: str = "", hint: str = "") -> tuple[str, bool]:
    """Return the text of bytes, and whether the label was missing, unknown or wrong for them.

    A byte that means nothing costs one U+FFFD and nothing else. `hint` is a label to try where this one is no help.
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-16"
        return data.decode(codec, "replace"), False
    codec = codec_for(label)
    is_escaped = b"\x1b" in data
    if data.isascii() and not is_escaped and not (codec.startswith(_STATEFUL) and _fits(data, codec)):
        return data.decode("ascii"), False
    if is_escaped and not codec.startswith(("iso2022", "utf-16", "utf-32")):
        escaped = _decode_escaped(data)
        if escaped is not None:
            return escaped, codec != "iso-2022-jp"
    if codec.startswith(_STATEFUL):
        return _decode_as(data, codec), False
    if _is_utf8(data, codec):
        return data.decode(), bool(label) and codec not in ("utf-8", "cp1252")
    return _decode_8bit(data, codec, codec_for(hint))


@lru_cache(maxsize=1_000)
def codec_for(label: str) -> str:
    """Return Python's codec for a charset label, or "" if nobody knows the label."""
    label = (label.split() or [""])[0].strip("\"'").lower()
    if label in LABELS and LABELS[label] not in ("replacement", "x-user-defined"):
        name = str(LABELS[label])
        if name in ("iso-2022-jp", "euc-jp"):
            return name
        encoding = lookup(label)
        python_name = str(encoding.codec_info.name) if encoding else ""
    else:
        try:
            python_name = str(codecs.lookup(label).name) if label else ""
        except (LookupError, ValueError):
            return ""
        if not _OTHER_CODECS.fullmatch(python_name):
            return ""
    return _WIDER.get(python_name, python_name)


def is_for_headers(label: str) -> bool:
    """Return whether raw 8-bit headers can be in the charset: it is known, and ASCII stands for itself in it."""
    codec = codec_for(label)
    return bool(codec) and not codec.startswith(_STATEFUL)


def _fits(data: bytes, codec: str) -> bool:
    # Text labelled UTF-16 or UTF-32 that has no zero byte is not in it.
    return not codec.startswith(("utf-16", "utf-32")) or b"\0" in data


def _decode_escaped(data: bytes) -> str | None:
    if _KOREAN_ESCAPE in data:
        return data.decode("iso2022_kr", "replace")
    return decode_iso_2022_jp(data) if _ESCAPES.search(data) else None


def _decode_as(data: bytes, codec: str) -> str:
    if codec == "iso-2022-jp":
        return decode_iso_2022_jp(data)
    if codec == "euc-jp":
        return decode_euc_jp(data)
    return data.decode(codec, "replace")


def _is_utf8(data: bytes, codec: str) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    if codec in ("utf-8", "", "cp1252"):
        return True
    signs = [c for c in text if c > "\x7f"]
    if any(unicodedata.category(c) == "Cn" for c in signs):
        return False
    if codec not in _MULTIBYTE or len(signs) >= _ENOUGH_PAIRS or any(c > "\u07ff" for c in signs):
        return True
    # Two short readings are possible: Latin letters within words of ASCII letters are UTF-8, others the charset's.
    return all("\xc0" <= c <= "\u017f" for c in signs) and bool(re.search("[A-Za-z][\xc0-\u017f]", text))


def _decode_8bit(data: bytes, codec: str, hint: str) -> tuple[str, bool]:
    if codec in ("utf-8", ""):
        text = data.decode("utf-8", "replace")
        signs = sum(c > "\x7f" for c in text)
        if signs > 2 * text.count(REPLACEMENT):
            return text, True
        if hint not in ("", "utf-8") and not hint.startswith(_STATEFUL):
            text = _decode_as(data, hint)
            if REPLACEMENT not in text:
                return text, True
        return _decode_as(data, "cp1252"), True
    text = _decode_as(data, codec)
    bad = text.count(REPLACEMENT)
    if bad and codec in _MULTIBYTE and 2 * bad > sum(c > "\x7f" for c in text):
        return data.decode("cp1252", "replace"), True
    return text, bool(bad)
