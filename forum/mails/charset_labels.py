"""Labels of character sets, as mails have them, and the codec that each stands for.

The WHATWG Encoding Standard says what a label means in practice: `iso-8859-1` is windows-1252, `gb2312` is gbk, and
`shift_jis` is windows-31j. Labels of old programs, other spellings and labels with junk behind them are added.
"""

import codecs
import re
from functools import lru_cache

from webencodings import LABELS, lookup

# Python's codecs for labels outside the standard; its other codecs are not charsets, and some take quadratic time.
_OTHER_CODECS = re.compile(
    r"cp\d{3,4}|iso2022_(?:jp|kr)\w*|iso8859-\d+|hz|utf-7|utf-32(?:-[bl]e)?|mac-\w+|johab|ptcp154|kz1048|tis-620|"
    r"big5(?:hkscs)?|gbk|gb2312|euc_(?:jp|kr|jisx0213|jis_2004)|shift_jis\w*"
)
# Charsets that contain the one that the label names, or that programs mean by it.
_WIDER = {
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "euc_kr": "cp949",
    "euc_jp": "euc-jp",
    "shift_jis": "cp932",
    "iso2022_jp": "iso-2022-jp",
    "iso2022_jp_1": "iso-2022-jp",
    "iso2022_jp_ext": "iso-2022-jp",
    "iso2022_kr": "iso2022-kr",
}
# What programs call these charsets besides the labels of the standard, without `x-` and without punctuation.
_ALIASES = {
    "646": "cp1252",
    "iso646us": "cp1252",
    "ansi": "cp1252",
    "isolatin1": "cp1252",
    "88591": "cp1252",
    "utf8mac": "utf-8",
    "utf8mb4": "utf-8",
    "utf8unicode": "utf-8",
    "cesu8": "utf-8",
    "ucs4": "utf-32",
    "csunicode11utf7": "utf-7",
    "unicode20utf7": "utf-7",
    "iso2022cn": "iso-2022-cn",
    "iso2022cnext": "iso-2022-cn",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "cp50222": "iso-2022-jp",
    "cp51932": "euc-jp",
    "euc": "euc-jp",
    "cp943": "cp932",
    "macjapanese": "cp932",
    "gbk2312": "gb18030",
    "cngb": "gb18030",
    "euccn": "gb18030",
    "macchinesesimp": "gb18030",
    "macchinesetrad": "big5hkscs",
    "big5eten": "big5hkscs",
    "mackorean": "cp949",
    "macce": "mac-latin2",
    "maccentralroman": "mac-latin2",
    "maccentraleurope": "mac-latin2",
    "macgreek": "mac-greek",
    "macturkish": "mac-turkish",
    "maccroatian": "mac-croatian",
    "macromanian": "mac-romanian",
    "maciceland": "mac-iceland",
    "macicelandic": "mac-iceland",
    "macarabic": "mac-arabic",
    "macfarsi": "mac-farsi",
    "macukrainian": "mac-cyrillic",
    "dos862": "cp862",
}
_NOT_LETTERS = re.compile("[^a-z0-9]")
_WINDOWS = re.compile(r"(?:windows|win|ms|cs|cp)+(125\d|874|949|932|936|950|31j)")
_CODE_PAGE = re.compile(r"(?:cp|ibm|dos|codepage)+0*(\d{3,4})")
# A known label at the beginning of something longer, such as `utf-8;` or `windows-1252http-equivcontent-type`.
_BEGINNING = re.compile(
    r"(?:utf-?8|windows-125\d|iso-8859-1(?=\D)|iso-8859-\d\d?|iso-2022-jp|gb2312|gbk|gb18030|big5|koi8-[ru]|euc-(?:jp|kr)|shift_jis)"
)


@lru_cache(maxsize=1_000)
def codec_for(label: str) -> str:
    """Return Python's codec for a charset label, or "" if nobody knows the label."""
    label = (label.split() or [""])[0].strip("\"';,").lower()
    label = label.removeprefix("charset=").strip("\"'")
    return _in_standard(label) or _alias(label) or _of_python(label) or _of_beginning(label)


def _in_standard(label: str) -> str:
    if label not in LABELS or LABELS[label] in ("replacement", "x-user-defined"):
        return ""
    name = str(LABELS[label])
    if name in ("iso-2022-jp", "euc-jp"):
        return name
    encoding = lookup(label)
    python_name = str(encoding.codec_info.name) if encoding else ""
    return _WIDER.get(python_name, python_name)


def _alias(label: str) -> str:
    bare = _NOT_LETTERS.sub("", label.removeprefix("x-").removeprefix("_"))
    if bare in _ALIASES:
        return _ALIASES[bare]
    if windows := _WINDOWS.fullmatch(bare):
        return _WIDER.get(f"cp{windows[1]}", f"cp{windows[1]}".replace("cp31j", "cp932"))
    return next((codec for known in (bare, label.removeprefix("x-")) if (codec := _SPELLINGS.get(known))), "")


def _of_python(label: str) -> str:
    page = _CODE_PAGE.fullmatch(_NOT_LETTERS.sub("", label))
    try:
        python_name = str(codecs.lookup(f"cp{page[1]}" if page else label).name) if label else ""
    except (LookupError, ValueError):
        return ""
    return _WIDER.get(python_name, python_name) if _OTHER_CODECS.fullmatch(python_name) else ""


def _of_beginning(label: str) -> str:
    beginning = _BEGINNING.match(label)
    return _in_standard(beginning[0]) if beginning and beginning[0] != label else ""


# The labels of the standard without their punctuation.
_SPELLINGS = {_NOT_LETTERS.sub("", one): codec for one in LABELS if (codec := _in_standard(one))}
