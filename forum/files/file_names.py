"""Names of uploaded files, in every script: their cleaned form, their extension, and the headers of downloads.

The cleaned name can be saved on all common systems: no characters or names that Windows reserves, no invisible characters
that change what is shown, and at most 255 bytes.
"""

import unicodedata
from collections.abc import Collection
from urllib.parse import quote

from core.visible import is_visible

MAX_NAME_BYTES = 255
# Files with these extensions run or open a program when somebody opens them on a common system.
PROGRAM_EXTENSIONS = frozenset(
    """ade adp apk app appimage appref-ms bat chm cmd com command cpl deb desktop diagcab dll dmg exe gadget hlp hta
    img inf ins iso isp jar jnlp js jse lnk mde msc msh msi msix msp mst ocx pif pkg ps1 psm1 reg rpm scf scpt scr
    sct settingcontent-ms shb swf sys url vb vbe vbs vhd vhdx webloc wsc wsf wsh xll""".split()
)
# Browsers and mail programs run the scripts in these.
MARKUP_EXTENSIONS = frozenset("htm html mht mhtml svg svgz xht xhtml".split())

_RESERVED_CHARACTERS = str.maketrans(dict.fromkeys('/\\:*?"<>|', "-"))
_RESERVED_STEMS = frozenset("con prn aux nul".split()) | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)
}
# ZERO WIDTH NON-JOINER and JOINER, which words and emoji of some scripts need.
_JOINERS = "\u200c\u200d"
# attr-char of RFC 5987, in addition to letters and digits.
_UNQUOTED = "!#$&+-.^_`|~"


def clean_file_name(name: str) -> str:
    """Return the name in the form in which it is stored; `file` if nothing of it can be shown."""
    shown = "".join(one for one in unicodedata.normalize("NFC", name) if _is_kept(one))
    stem, extension = split_extension(shown.translate(_RESERVED_CHARACTERS).strip(" .\u00a0\u3000"))
    if stem.lower() in _RESERVED_STEMS:
        stem = f"_{stem}"
    stem = stem if is_visible(stem) else "file"
    return _cut(stem, MAX_NAME_BYTES - len(extension.encode())) + extension


def split_extension(name: str) -> tuple[str, str]:
    """Return the name without its extension, and the extension with its dot, or empty if there is none."""
    stem, dot, extension = name.rpartition(".")
    is_one = bool(stem) and 0 < len(extension) <= 16 and not any(one.isspace() for one in extension)
    return (stem, f".{extension}") if dot and is_one else (name, "")


def with_extension(name: str, extensions: tuple[str, ...]) -> str:
    """Return the name with one of these extensions: a short other one is replaced by the first."""
    stem, extension = split_extension(name)
    if extension.lower() in extensions:
        return name
    if len(extension) > 5:
        stem = name
    return _cut(stem, MAX_NAME_BYTES - len(extensions[0])) + extensions[0]


def has_extension(name: str, extensions: Collection[str]) -> bool:
    """Return whether a cleaned name has one of these extensions, which are in lower case and without a dot."""
    return split_extension(name)[1].lower().lstrip(".") in extensions


def ascii_name(name: str) -> str:
    """Return the name in ASCII letters, digits, `-`, `_` and `.`, with its extension, for URLs and old clients."""
    stem, extension = (_to_ascii(part) for part in split_extension(name))
    return (stem.strip(".-") or "file") + (extension if len(extension) > 1 else "")


def content_disposition(kind: str, name: str) -> str:
    """Return the header value that names a download: `kind` is `inline` or `attachment` (RFC 6266, RFC 8187)."""
    return f"{kind}; filename=\"{ascii_name(name)}\"; filename*=UTF-8''{quote(name, safe=_UNQUOTED)}"


def _is_kept(one: str) -> bool:
    return one in _JOINERS or not unicodedata.category(one).startswith(("Cc", "Cf", "Cs", "Zl", "Zp"))


def _to_ascii(text: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in plain)


def _cut(text: str, size: int) -> str:
    """Return the beginning of a text within a size in bytes, without a part of a character or of an emoji sequence."""
    if len(text.encode()) <= size:
        return text
    cut = text.encode()[:size].decode("utf-8", "ignore")
    rest = text[len(cut) :]
    while (
        cut and rest and (unicodedata.combining(rest[0]) or rest[0] in "\u200d\ufe0f" or cut[-1] == "\u200d")
    ):
        cut, rest = cut[:-1], cut[-1] + rest
    return cut
