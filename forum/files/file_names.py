"""Names of uploaded files, in every script: their cleaned form and their extension.

The cleaned name can be saved on all common systems: no characters or names that Windows reserves, no invisible characters
that change what is shown, and at most 255 bytes.
"""

import re
import unicodedata
from collections.abc import Collection

from core.text import normalize
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
# Windows reads these as devices, whatever follows the first stop ("Naming Files, Paths, and Namespaces").
_RESERVED_STEMS = frozenset("con prn aux nul conin$ conout$".split()) | {
    f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"
}
# Windows removes blanks and stops at the end of a name.
_AT_ENDS = " .\u00a0\u3000"
_LONE_EXTENSION = re.compile(r"\.[a-z]{3,4}", re.IGNORECASE)
# ZERO WIDTH NON-JOINER and JOINER, which words and emoji of some scripts need.
_JOINERS = "\u200c\u200d"


def clean_file_name(name: str) -> str:
    """Return the name in the form in which it is stored; `file` if nothing of it can be shown."""
    shown = "".join(one for one in normalize("NFC", name) if _is_kept(one))
    plain = shown.translate(_RESERVED_CHARACTERS)
    stem, extension = split_extension(plain.strip(_AT_ENDS))
    if not extension and _LONE_EXTENSION.fullmatch(plain.strip(_AT_ENDS.replace(".", ""))):
        # Only an extension is left of a name of characters that were removed.
        stem, extension = "", f".{stem}"
    if stem.partition(".")[0].rstrip().lower() in _RESERVED_STEMS:
        stem = f"_{stem}"
    stem = stem if is_visible(stem) else "file"
    return (_cut(stem, MAX_NAME_BYTES - len(extension.encode())) or "file") + extension


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


def _is_kept(one: str) -> bool:
    return one in _JOINERS or not unicodedata.category(one).startswith(("Cc", "Cf", "Cs", "Zl", "Zp"))


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
