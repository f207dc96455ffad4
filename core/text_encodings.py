"""Encodings of text files without a label: recognition of UTF-8, UTF-16, UTF-32 and older encodings by their content.

The names are those of the WHATWG Encoding Standard. An older encoding counts as certain only if its text is plausible and
no other encoding gives another text that is nearly as plausible.
"""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from core.encoding_scores import SCORES
from core.japanese import decode_euc_jp, decode_iso_2022_jp

# Names and Python codecs; Windows and browsers read gb2312 as gbk, shift_jis as cp932 and euc-kr as cp949. The standard has
# no ibm850, in which Excel saves "CSV (MS-DOS)" in Western Europe.
ENCODINGS: Mapping[str, str] = {
    "utf-8": "utf-8-sig",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "windows-1252": "cp1252",
    "windows-1250": "cp1250",
    "iso-8859-2": "iso8859-2",
    "windows-1251": "cp1251",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "windows-874": "cp874",
    "koi8-r": "koi8-r",
    "iso-8859-5": "iso8859-5",
    "ibm866": "cp866",
    "x-mac-cyrillic": "mac-cyrillic",
    "macintosh": "mac-roman",
    "ibm850": "cp850",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-jp": "euc-jp",
    "iso-2022-jp": "iso-2022-jp",
    "euc-kr": "cp949",
}
# The standard's Japanese charsets have characters of Windows that Python's codecs lack.
_OWN_DECODERS: Mapping[str, Callable[[bytes], str]] = {
    "euc-jp": decode_euc_jp,
    "iso-2022-jp": decode_iso_2022_jp,
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32be", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16be", "utf-16"),
)
# Older encodings are recognized by the beginning of a text (bytes).
_SAMPLE = 16 * 1024
_SHORT_SAMPLE = 2_000
_ENOUGH_TO_RECOGNIZE = 4
# Bytes, or characters, that are read in one call of C code, which other threads wait for.
_CHUNK = 64 * 1024
# The share of plausible characters that makes an encoding certain, and its lead over the next one.
_PLAUSIBLE, _LEAD = 0.85, 0.1
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


class DecodedText(Struct, frozen=True):
    """A decoded text, the name of its encoding, and whether the encoding is certain."""

    text: str
    encoding: str
    is_certain: bool


def decode_text(content: bytes) -> DecodedText | None:
    """Return the text of a file and its encoding, or None if the content is no text: it has NUL or other control bytes.

    Blocks for up to 200 ms; call it in a thread.
    """
    if content.startswith(tuple(mark for mark, *_ in _MARKS)):
        found = _by_mark(content)
    elif b"\0" in content:
        found = _by_nul_bytes(content)
    else:
        found = _as_utf8(content) or _as_older_encoding(content)
    return None if found is None or _has_controls(found.text) else found


def decode_as(content: bytes, encoding: str) -> str:
    """Return the text of a file in one of `ENCODINGS`; a bad byte becomes one replacement character."""
    return (_decode(content, ENCODINGS[encoding], "replace") or "").removeprefix("\ufeff")


def is_plausible(text: str, encoding: str) -> bool:
    """Return whether a text that was decoded as one of the older encodings looks like text in it."""
    return SCORES[encoding](text[:_SHORT_SAMPLE]) >= _PLAUSIBLE


def recognize_encoding(content: bytes) -> str:
    """Return the name of the encoding of a text without a label, "" if its beginning leaves a doubt; takes up to 30 ms."""
    lines = [line for line in content[:_SAMPLE].splitlines(keepends=True) if not line.isascii()]
    sample = b"".join(lines)[:_SHORT_SAMPLE]
    if len(sample) == _SHORT_SAMPLE:
        # A character must not be divided. No second byte of one is a blank, a comma or a digit.
        sample = sample[: max(sample.rfind(one) for one in (b"\n", b" ", b",", b".")) + 1]
    found = decode_text(sample) if sample else None
    if found is None or not found.is_certain:
        return ""
    return found.encoding if sum(not one.isascii() for one in found.text) >= _ENOUGH_TO_RECOGNIZE else ""


def _by_mark(content: bytes) -> DecodedText | None:
    for mark, name, codec in _MARKS:
        if content.startswith(mark):
            # UTF-16 of an odd length, or with a broken surrogate, is no text.
            text = _decode(content, codec)
            return None if text is None else DecodedText(text, name, True)
    return None


def _by_nul_bytes(content: bytes) -> DecodedText | None:
    """Recognize UTF-16 without a mark: each ASCII character has a NUL on the same side."""
    if len(content) % 2:
        return None
    high_first, low_first = b"\0" in content[0::2], b"\0" in content[1::2]
    if high_first == low_first:
        return None
    name = "utf-16be" if high_first else "utf-16le"
    text = _decode(content, ENCODINGS[name])
    return None if text is None else DecodedText(text, name, True)


def _as_utf8(content: bytes) -> DecodedText | None:
    text = _decode(content, "utf-8")
    if text is not None:
        is_japanese = "\x1b$" in text
        japanese = _decode(content, "iso-2022-jp") if is_japanese else None
        return DecodedText(japanese or text, "iso-2022-jp" if japanese else "utf-8", True)
    damaged = decode_as(content[:_SAMPLE], "utf-8")
    bad = damaged.count("\ufffd")
    # Few bad bytes among many good sequences, which text in another encoding does not have by chance.
    if bad * 10 <= sum(not one.isascii() for one in damaged) - bad:
        return DecodedText(decode_as(content, "utf-8"), "utf-8", False)
    return None


def _as_older_encoding(content: bytes) -> DecodedText:
    sample = content[:_SAMPLE]
    if len(content) > _SAMPLE:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    texts = {name: text for name in SCORES if (text := _decode(sample, ENCODINGS[name])) is not None}
    # Ties go to the first one, and one text counts once.
    ranked = sorted(((SCORES[name](text), name) for name, text in texts.items()), key=lambda one: -one[0])
    if not ranked:
        return DecodedText(decode_as(content, "windows-1252"), "windows-1252", False)
    best, name = ranked[0]
    other = next((score for score, other in ranked if texts[other] != texts[name]), 0)
    text = _decode(content, ENCODINGS[name])
    is_certain = text is not None and best >= _PLAUSIBLE and best - other >= _LEAD
    return DecodedText(decode_as(content, name) if text is None else text, name, is_certain)


def _decode(content: bytes, codec: str, errors: str = "strict") -> str | None:
    if codec in _OWN_DECODERS:
        text = _OWN_DECODERS[codec](content)
        return None if errors == "strict" and "\ufffd" in text else text
    try:
        return "".join(_decoded_chunks(content, codec, errors))
    except UnicodeDecodeError:
        return None


def _decoded_chunks(content: bytes, codec: str, errors: str) -> Iterator[str]:
    """Decode piece by piece, because one call for megabytes would stop all other threads."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    for at in range(0, len(content), _CHUNK):
        yield decoder.decode(content[at : at + _CHUNK])
    yield decoder.decode(b"", True)


def _has_controls(text: str) -> bool:
    return any(_CONTROLS.search(text, at, at + _CHUNK) for at in range(0, len(text), _CHUNK))
