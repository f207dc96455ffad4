"""Files that old programs write into the text of a mail: uuencode and its base64 form (POSIX), and yEnc."""

import re

_BEGIN = re.compile(
    r"begin(-base64)? [0-7]{3,4} (\S[^\n]{0,200})$|=ybegin [^\n]{0,200}\bname=([^\n]{1,200})$"
)
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]{1,100}={0,2}$")
# So many lines of data make a file whose end is missing.
_ENOUGH_LINES = 3


def take_embedded_files(text: str) -> tuple[str, list[str]]:
    """Return a text without the files that are encoded in it, and the names of these.

    A file whose last line is missing ends with its last line of data.
    """
    if "begin" not in text:
        return text, []
    lines = text.replace("\r\n", "\n").split("\n")
    # Searched once: a search that begins again at each beginning would take quadratic time.
    last = max((at for at, line in enumerate(lines) if line.startswith("=yend")), default=-1)
    kept: list[str] = []
    names: list[str] = []
    at = 0
    while at < len(lines):
        begin = _BEGIN.match(lines[at]) if lines[at].startswith(("begin", "=ybegin")) else None
        end = _end_of_file(lines, at, begin, last) if begin else 0
        if begin and end:
            names.append((begin[2] or begin[3]).strip())
            at = end
        else:
            kept.append(lines[at])
            at += 1
    return ("\n".join(kept), names) if names else (text, [])


def _end_of_file(lines: list[str], at: int, begin: re.Match[str], last_end: int) -> int:
    # Returns the position after the file, or 0 if these lines are no file.
    if begin[3]:
        return next((i + 1 for i in range(at, last_end + 1) if lines[i].startswith("=yend")), 0)
    is_data, last = (_is_base64, "====") if begin[1] else (_is_uuencoded, "end")
    end = at + 1
    while end < len(lines) and is_data(lines[end]):
        end += 1
    count = end - at - 1
    if end < len(lines) and lines[end].rstrip() in ("", "`") and lines[end + 1 : end + 2] == [last]:
        end += 1
    if end < len(lines) and lines[end].rstrip() == last:
        return end + 1
    return end if count >= _ENOUGH_LINES else 0


def _is_uuencoded(line: str) -> bool:
    # The first character says how many bytes the line contains; blanks at its end may be lost.
    if not line or not " " < line[0] <= "`" or line[0] == "`":
        return False
    size = (ord(line[0]) - 32) * 4
    return (
        len(line) - 1 <= (size + 11) // 12 * 4 + 1
        and all(" " <= c <= "`" for c in line)
        and (len(line.rstrip()) > 1)
    )


def _is_base64(line: str) -> bool:
    return line != "====" and bool(_BASE64_LINE.match(line))
