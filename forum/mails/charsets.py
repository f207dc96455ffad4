"""Character sets of mails: bytes to text by the labels of the WHATWG Encoding Standard, with UTF-8 first.

Charsets that occur in mail only are added (RFC 1557, RFC 1843, RFC 1922, RFC 2152). Where the label is missing or cannot be
right, the content decides, if it leaves no doubt.
"""

import codecs
import re
import unicodedata

from core.japanese import decode_euc_jp, decode_iso_2022_jp
from core.seven_bit_charsets import decode_hz, decode_iso_2022_cn, decode_utf_7
from core.text_encodings import is_plausible
from forum.mails.charset_labels import codec_for

REPLACEMENT = "\ufffd"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_ESCAPES = re.compile(rb"\x1b(?:\$[@B]|\([BJI]|\$\([D])")
_KOREAN_ESCAPE = b"\x1b$)C"
_CHINESE_ESCAPES = re.compile(rb"\x1b\$(?:[)*][A-FH-I])")
# Bytes below 128 do not stand for themselves in these, so they cannot be the charset of raw headers.
_STATEFUL = ("utf-7", "utf-16", "utf-32", "hz", "iso2022", "iso-2022")
_WIDE = ("utf-16", "utf-32")
_MULTIBYTE = ("gb18030", "big5hkscs", "cp949", "johab", "cp932", "euc-jp")
# So many characters of two bytes each are UTF-8 by chance less than once in a million texts.
_ENOUGH_PAIRS = 6
# Fewer characters beyond ASCII do not show which charset they are in.
_ENOUGH_TO_DOUBT = 4


def decode(data: bytes, label: str = "", hint: str = "") -> tuple[str, bool]:
    """Return the text of bytes, and whether the label was missing, unknown or wrong for them.

    A byte that means nothing costs one U+FFFD and nothing else. `hint` is a label to try where this one is no help.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], codec), False
    codec = codec_for(label)
    is_escaped = b"\x1b" in data
    if data.isascii() and not is_escaped and not codec.startswith(_STATEFUL):
        return _without_zeros(data, codec) or data.decode("ascii"), False
    if is_escaped and not codec.startswith(("iso2022", *_WIDE)):
        escaped = _decode_escaped(data)
        if escaped is not None:
            return escaped, codec not in ("iso-2022-jp", "iso-2022-cn")
    if codec.startswith(_STATEFUL):
        return _decode_stateful(data, codec, codec_for(hint))
    if wide := _without_zeros(data, codec):
        return wide, True
    if (text := _as_utf8(data, codec)) is not None:
        return text, bool(label) and codec not in ("utf-8", "cp1252")
    return _decode_8bit(data, codec, codec_for(hint))


def is_certain_label(label: str) -> bool:
    """Return whether a label names a charset that no program writes for any text."""
    return codec_for(label) not in ("", "utf-8", "cp1252")


def needs_recognition(data: bytes, label: str) -> bool:
    """Return whether the content has to show its charset, because the label says nothing certain about it."""
    if data.isascii() or is_certain_label(label) or b"\x1b" in data or _strict(data) is not None:
        return False
    return codec_for(label) != "cp1252" or not is_plausible(data.decode("cp1252", "replace"), "windows-1252")


def is_for_headers(label: str) -> bool:
    """Return whether raw 8-bit headers can be in the charset: it is known, and ASCII stands for itself in it."""
    codec = codec_for(label)
    return bool(codec) and not codec.startswith(_STATEFUL)


def _decode_stateful(data: bytes, codec: str, hint: str) -> tuple[str, bool]:
    if codec.startswith(_WIDE):
        # Text labelled UTF-16 or UTF-32 that has no zero byte is not in it, unless it is Chinese, Japanese or Korean.
        if b"\0" not in data and _strict(data) is not None:
            return data.decode(), not data.isascii()
        is_big_endian = codec == "utf-16-le" and _zeros_at(data, 0) > 2 * _zeros_at(data, 1)
        return _decode_as(data, "utf-16-be" if is_big_endian else codec), False
    if not data.isascii() and (text := _strict(data)) is not None:
        return text, True
    if not data.isascii() and b"\x1b" not in data and codec != "iso-2022-jp":
        family = {"iso2022-kr": "cp949", "hz": "gb18030", "iso-2022-cn": "gb18030"}.get(codec, "")
        return _decode_8bit(data, family, hint)
    return _decode_as(data, codec), False


def _decode_escaped(data: bytes) -> str | None:
    if _KOREAN_ESCAPE in data:
        return data.decode("iso2022_kr", "replace")
    if _CHINESE_ESCAPES.search(data):
        return decode_iso_2022_cn(data)
    return decode_iso_2022_jp(data) if _ESCAPES.search(data) else None


def _decode_as(data: bytes, codec: str) -> str:
    if codec == "utf-7":
        return decode_utf_7(data.decode("utf-8", "replace"))
    if codec in _OWN_DECODERS:
        return _OWN_DECODERS[codec](data)
    if codec == "big5hkscs":
        return data.decode(codec, "as_cp950").replace("\uffed", "▓")
    return data.decode(codec.replace("iso2022-kr", "iso2022_kr"), "replace")


def _without_zeros(data: bytes, codec: str) -> str:
    # UTF-16 without a mark and without a label: one byte of each pair is zero in most texts.
    if b"\0" not in data or len(data) % 2 or len(data) < 6 or codec.startswith(_STATEFUL):
        return ""
    high, low = _zeros_at(data, 0), _zeros_at(data, 1)
    if min(high, low) or max(high, low) * 3 < len(data):
        return ""
    return _strict(data, "utf-16-be" if high else "utf-16-le") or ""


def _zeros_at(data: bytes, side: int) -> int:
    return data[side::2].count(0)


def _strict(data: bytes, codec: str = "utf-8") -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _as_utf8(data: bytes, codec: str) -> str | None:
    text = _strict(data)
    if text is None and b"\xed" in data:
        try:
            # CESU-8: some databases encode each half of a surrogate pair.
            pairs = data.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
            return pairs.decode("utf-16-le", "replace")
        except UnicodeDecodeError:
            return None
    if text is None or codec in ("utf-8", "", "cp1252"):
        return text
    signs = [c for c in text if c > "\x7f"]
    if any(unicodedata.category(c) == "Cn" for c in signs):
        return None
    if codec not in _MULTIBYTE or len(signs) >= _ENOUGH_PAIRS or any(c > "\u07ff" for c in signs):
        return text
    # Two short readings are possible: Latin letters within words of ASCII letters are UTF-8, others the charset's.
    is_latin = all("\xc0" <= c <= "\u017f" for c in signs) and re.search("[A-Za-z][\xc0-\u017f]", text)
    return text if is_latin else None


def _decode_8bit(data: bytes, codec: str, hint: str) -> tuple[str, bool]:
    if codec in ("utf-8", ""):
        text = data.decode("utf-8", "replace")
        good = sum(c > "\x7f" and c != REPLACEMENT for c in text)
        if good > text.count(REPLACEMENT) or (codec and _is_cut(data)):
            return text, True
        if hint not in ("", "utf-8") and not hint.startswith(_STATEFUL):
            text = _decode_as(data, hint)
            if REPLACEMENT not in text:
                return text, True
        return _decode_as(data, "cp1252"), True
    text = _decode_as(data, codec)
    bad = text.count(REPLACEMENT)
    beyond_ascii = sum(c > "\x7f" for c in text)
    if bad and codec in _MULTIBYTE and 2 * bad > beyond_ascii:
        return _decode_as(data, "cp1252"), True
    is_doubted = codec == "cp1252" and beyond_ascii >= _ENOUGH_TO_DOUBT and hint not in ("", codec)
    if (
        is_doubted
        and not is_plausible(text, "windows-1252")
        and REPLACEMENT not in (other := _decode_as(data, hint))
    ):
        return other, True
    return text, bool(bad)


def _is_cut(data: bytes) -> bool:
    # UTF-8 that ends within a character; a single byte at the end is a letter of another charset.
    return any(
        len(data) >= n
        and data[-n] >= 0xC2
        and (text := _strict(data[:-n])) is not None
        and (n > 1 or not text.isascii())
        for n in (1, 2, 3)
    )


def _as_cp950(error: UnicodeError) -> tuple[str, int]:
    # The standard's big5 has some characters of Windows that Hong Kong's set lacks, such as the euro sign.
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    text = _strict(bytes(pair), "cp950") if len(pair) == 2 else None
    return (text, error.start + 2) if text and len(text) == 1 else (REPLACEMENT, error.end)


codecs.register_error("as_cp950", _as_cp950)
_OWN_DECODERS = {
    "iso-2022-jp": decode_iso_2022_jp,
    "euc-jp": decode_euc_jp,
    "hz": decode_hz,
    "iso-2022-cn": decode_iso_2022_cn,
}
