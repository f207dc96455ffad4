"""Plain e-mail text as HTML: line breaks kept, quotes and forwarded messages collapsed, signatures marked, URLs linked.

All text is escaped and the only tags are those written here, in the form that the sanitizer produces: sanitizing the
result changes nothing.
"""

import re
from collections.abc import Iterator

from forum.text.direction import set_directions
from forum.text.sanitizer import REL, Rendered

MAX_QUOTE_DEPTH = 8
# A quote of up to this many lines is shown expanded.
EXPANDED_LINES = 6

_QUOTED_LINE = re.compile(r"[ \t]{0,3}((?:>[ \t]?)+)(.*)")
_ATTRIBUTION_START = re.compile(r"\s*(?:on|am|le|el|il|em|op|at|in|quoting)\b", re.I)
_ATTRIBUTION = re.compile(
    r".{3,200}(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu)\b.{0,120}:\s*$", re.I | re.S
)
_FORWARD_SEPARATOR = re.compile(
    r"\s*(?:-{3,}\s*(?:original message|ursprüngliche nachricht|forwarded message|message d'origine)\s*-{3,}|_{30,})\s*$",
    re.I,
)
_URL = re.compile(
    r"https?://(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,18}(?::\d{2,4})?(?:/[^\s<>\"'`{}|\\^\[\]]*)?(?![\w.@-])", re.I
)
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CODE_LIKE_LINE = re.compile(r"(?: {4,}|\t)\S|\S.* {3,}\S")
_SPACES_TO_KEEP = re.compile(r"^[ \t]+| {2,}")


def render_mail(text: str) -> Rendered:
    """Render the plain text of an e-mail as safe HTML."""
    text = _CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return Rendered(set_directions("".join(_blocks(text.expandtabs(8).split("\n")))))


def _blocks(lines: list[str]) -> Iterator[str]:
    # `text` collects the lines of the author's own text up to the next quote, signature or forwarded message.
    text: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _QUOTED_LINE.match(line):
            attribution = _pop_attribution(text)
            yield from _paragraphs(text)
            end = _end_of_quote(lines, at)
            yield _quote(attribution, lines[at:end])
        elif line.strip() == "--":
            yield from _paragraphs(text)
            end = _end_of_signature(lines, at + 1)
            yield _signature(lines[at + 1 : end])
        elif _FORWARD_SEPARATOR.match(line):
            yield from _paragraphs(text)
            end = len(lines)
            yield _forwarded_message(line, lines[at + 1 :])
        else:
            text.append(line)
            at += 1
            continue
        text = []
        at = end
    yield from _paragraphs(text)


def _pop_attribution(text: list[str]) -> str:
    # "On Monday, NAME wrote:", on one line or two, belongs to the quote that follows.
    while text and not text[-1].strip():
        text.pop()
    for count in (2, 1):
        words = " ".join(text[-count:])
        if count == 2 and not (len(text) > 1 and _ATTRIBUTION_START.match(text[-2])):
            continue
        if _ATTRIBUTION.match(words):
            del text[-count:]
            return words.strip()
    return ""


def _end_of_quote(lines: list[str], at: int) -> int:
    end = at + 1
    while end < len(lines):
        if _QUOTED_LINE.match(lines[end]):
            end += 1
        elif not lines[end].strip() and end + 1 < len(lines) and _QUOTED_LINE.match(lines[end + 1]):
            end += 2
        else:
            break
    return end


def _end_of_signature(lines: list[str], at: int) -> int:
    # People who write their reply above the quote also sign above it, so the signature ends where a quote starts.
    while at < len(lines) and not _QUOTED_LINE.match(lines[at]) and not _ATTRIBUTION.fullmatch(lines[at]):
        at += 1
    return at


def _signature(lines: list[str]) -> str:
    inner = "".join(_paragraphs(lines))
    return f'<div class="signature">{inner}</div>\n' if inner else ""


def _forwarded_message(separator: str, lines: list[str]) -> str:
    inner = "".join(_paragraphs([line.lstrip("> ") for line in lines]))
    title = separator.strip(" -_\t") or "Quoted text"
    return _details(title, inner, is_open=False) if inner else ""


def _quote(attribution: str, lines: list[str]) -> str:
    inner: list[str] = []
    depth = 0
    passage: list[str] = []
    for line in lines:
        quoted = _QUOTED_LINE.match(line)
        new_depth = min(quoted[1].count(">"), MAX_QUOTE_DEPTH) if quoted else depth
        if new_depth != depth:
            inner.extend(_paragraphs(passage))
            passage = []
            inner.append("<blockquote>" * (new_depth - depth) + "</blockquote>" * (depth - new_depth))
            depth = new_depth
        passage.append(quoted[2] if quoted else "")
    inner.extend(_paragraphs(passage))
    inner.append("</blockquote>" * depth)
    return _details(attribution or "Quoted text", "".join(inner), is_open=len(lines) <= EXPANDED_LINES)


def _details(title: str, inner: str, *, is_open: bool) -> str:
    open_attribute = ' open=""' if is_open else ""
    return f'<details class="quoted"{open_attribute}><summary>{_escape(title)}</summary>{inner}</details>\n'


def _paragraphs(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    for line in lines:
        if line.strip():
            paragraph.append(line.rstrip())
        elif paragraph:
            yield _paragraph(paragraph)
            paragraph = []
    if paragraph:
        yield _paragraph(paragraph)


def _paragraph(lines: list[str]) -> str:
    # Indented lines and columns (code, tables) lose their shape in proportional type; half of the lines decide.
    code_like = sum(1 for line in lines if _CODE_LIKE_LINE.match(line))
    if code_like and 2 * code_like >= len(lines):
        return "<pre>" + "\n".join(map(_link_urls, lines)) + "</pre>\n"
    return f"<p>{'<br>'.join(_keep_spaces(_link_urls(line)) for line in lines)}</p>\n"


def _keep_spaces(line: str) -> str:
    if "  " not in line and not line.startswith(" "):
        return line
    return _SPACES_TO_KEEP.sub(
        lambda run: "&nbsp;" * (len(run[0]) - 1) + ("&nbsp;" if run.start() == 0 else " "), line
    )


def _link_urls(line: str) -> str:
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
