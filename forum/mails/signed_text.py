"""Text with OpenPGP's signature within it (RFC 9580, section 7): its words without the signature."""

import re

_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_ARMOR_HEADER = re.compile(r"[A-Za-z-]{1,40}: ")


def take_signatures(text: str) -> tuple[str, int]:
    """Return a text without OpenPGP's lines about signatures, and how many signed passages it has.

    Signed lines that begin with a hyphen were marked with `- `. A passage whose signature is missing stays as it is.
    """
    if _BEGIN not in text:
        return text, 0
    lines = text.replace("\r\n", "\n").split("\n")
    stripped = [line.rstrip() for line in lines]
    kept: list[str] = []
    at = count = 0
    while at < len(lines):
        if stripped[at] == _BEGIN:
            signature = _find(stripped, _SIGNATURE, at)
            end = _find(stripped, _END, signature) if signature else 0
            if not end:
                break
            kept += [line.removeprefix("- ") for line in lines[_after_header(stripped, at + 1) : signature]]
            at = end + 1
            count += 1
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join([*kept, *lines[at:]]), count


def _find(lines: list[str], line: str, at: int) -> int:
    try:
        return lines.index(line, at)
    except ValueError:
        return 0


def _after_header(lines: list[str], at: int) -> int:
    while at < len(lines) and _ARMOR_HEADER.match(lines[at]):
        at += 1
    return at + 1 if at < len(lines) and not lines[at] else at
