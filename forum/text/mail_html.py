"""The text of a mail as HTML: paragraphs as they were broken, quotes folded, the signature set apart, links to follow.

Everything is escaped first and only tags made here are added, in the form in which the sanitiser would write them,
so that sanitising the result changes nothing.
"""

import re
from collections.abc import Iterator

from forum.text.sanitizer import REL, Rendered

LEVELS = 8
OPEN_UP_TO = 6

_QUOTED = re.compile(r"[ \t]{0,3}((?:>[ \t]?)+)(.*)")
_BEGUN = re.compile(r"\s*(?:on|am|le|el|il|em|op|at|in|quoting)\b", re.I)
_WROTE = re.compile(
    r".{3,200}(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu)\b.{0,120}:\s*$", re.I | re.S
)
_ORIGINAL = re.compile(
    r"\s*(?:-{3,}\s*(?:original message|ursprüngliche nachricht|forwarded message|message d'origine)\s*-{3,}|_{30,})\s*$",
    re.I,
)
_URL = re.compile(
    r"https?://(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,18}(?::\d{2,4})?(?:/[^\s<>\"'`{}|\\^\[\]]*)?(?![\w.@-])", re.I
)
_UNTEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"(?: {4,}|\t)\S|\S.* {3,}\S")
_INDENT = re.compile(r"^[ \t]+| {2,}")


def render_mail(text: str) -> Rendered:
    """The plain text of a mail as safe HTML."""
    text = _UNTEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return Rendered("".join(_blocks(text.expandtabs(8).split("\n"))))


def _blocks(lines: list[str]) -> Iterator[str]:
    own: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _QUOTED.match(line):
            wrote = _take_attribution(own)
            yield from _paragraphs(own)
            end = _end_of_quote(lines, at)
            yield _fold(wrote, lines[at:end])
        elif line.strip() == "--" or _ORIGINAL.match(line):
            yield from _paragraphs(own)
            end = _end_of_signature(lines, at + 1) if line.strip() == "--" else len(lines)
            yield _tail(line, lines[at + 1 : end])
        else:
            own.append(line)
            at += 1
            continue
        own = []
        at = end
    yield from _paragraphs(own)


def _take_attribution(own: list[str]) -> str:
    # "On Monday, somebody wrote:", on one line or two, belongs to the quote that follows.
    while own and not own[-1].strip():
        own.pop()
    for count in (2, 1):
        words = " ".join(own[-count:])
        if count == 2 and not (len(own) > 1 and _BEGUN.match(own[-2])):
            continue
        if _WROTE.match(words):
            del own[-count:]
            return words.strip()
    return ""


def _end_of_quote(lines: list[str], at: int) -> int:
    end = at + 1
    while end < len(lines):
        if _QUOTED.match(lines[end]):
            end += 1
        elif not lines[end].strip() and end + 1 < len(lines) and _QUOTED.match(lines[end + 1]):
            end += 2
        else:
            break
    return end


def _end_of_signature(lines: list[str], at: int) -> int:
    # Who writes above the quote signs above it too: the quote is not part of the signature.
    while at < len(lines) and not _QUOTED.match(lines[at]) and not _WROTE.fullmatch(lines[at]):
        at += 1
    return at


def _tail(line: str, rest: list[str]) -> str:
    if line.strip() == "--":
        inner = "".join(_paragraphs(rest))
        return f'<div class="signature">{inner}</div>\n' if inner else ""
    inner = "".join(_paragraphs([word.lstrip("> ") for word in rest]))
    title = line.strip(" -_\t") or "Quoted text"
    return _details(title, inner, is_open=False) if inner else ""


def _fold(wrote: str, lines: list[str]) -> str:
    inner: list[str] = []
    level = 0
    part: list[str] = []
    for line in lines:
        marks = _QUOTED.match(line)
        depth = min(marks[1].count(">"), LEVELS) if marks else level
        if depth != level:
            inner.extend(_paragraphs(part))
            part = []
            inner.append("<blockquote>" * (depth - level) + "</blockquote>" * (level - depth))
            level = depth
        part.append(marks[2] if marks else "")
    inner.extend(_paragraphs(part))
    inner.append("</blockquote>" * level)
    return _details(wrote or "Quoted text", "".join(inner), is_open=len(lines) <= OPEN_UP_TO)


def _details(title: str, inner: str, *, is_open: bool) -> str:
    mark = ' open=""' if is_open else ""
    return f'<details class="quoted"{mark}><summary>{_escape(title)}</summary>{inner}</details>\n'


def _paragraphs(lines: list[str]) -> Iterator[str]:
    part: list[str] = []
    for line in lines:
        if line.strip():
            part.append(line.rstrip())
        elif part:
            yield _paragraph(part)
            part = []
    if part:
        yield _paragraph(part)


def _paragraph(lines: list[str]) -> str:
    looks = sum(1 for line in lines if _CODE.match(line))
    if looks and 2 * looks >= len(lines):
        return "<pre>" + "\n".join(map(_link, lines)) + "</pre>\n"
    return f"<p>{'<br>'.join(_space(_link(line)) for line in lines)}</p>\n"


def _space(line: str) -> str:
    if "  " not in line and not line.startswith(" "):
        return line
    return _INDENT.sub(
        lambda run: "&nbsp;" * (len(run[0]) - 1) + ("&nbsp;" if run.start() == 0 else " "), line
    )


def _link(line: str) -> str:
    if "://" not in line:
        return _escape(line)
    out = []
    done = 0
    for found in _URL.finditer(line):
        url = found[0].rstrip(".,;:!?*_-")
        if url.endswith(")") and url.count("(") < url.count(")"):
            url = url[:-1]
        shown = _escape(url)
        out.append(_escape(line[done : found.start()]))
        out.append(f'<a href="{shown}" rel="{REL}">{shown}</a>')
        done = found.start() + len(url)
    out.append(_escape(line[done:]))
    return "".join(out)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\xa0", "&nbsp;")
