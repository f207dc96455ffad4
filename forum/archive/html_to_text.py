"""HTML-only messages as plain text, with their paragraphs, lists, quotes and links."""

import html
import re

import nh3

MAX_HTML_LENGTH = 300_000

_KEPT_TAGS = {"p", "br", "div", "li", "tr", "td", "blockquote", "pre", "a", "h1", "h2", "h3", "h4", "hr"}
_SEPARATED_BY_BLANK_LINE = {"p", "blockquote", "pre", "h1", "h2", "h3", "h4"}
_DROPPED_WITH_CONTENT = {"script", "style", "title", "head"}
_TAG = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
_HREF = re.compile(r'href="(https?://[^"]*)"')
_BLANK = re.compile(r"[ \t\r\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def html_to_text(page: str) -> str:
    """Return the text of an HTML page; `> ` marks quotes, and the URL of a link follows its text in angle brackets."""
    clean = nh3.clean(
        page[:MAX_HTML_LENGTH],
        tags=_KEPT_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT - _KEPT_TAGS,
        link_rel=None,
    )
    lines: list[str] = [""]
    quote_depth = 0
    href = ""
    done = 0
    for tag in _TAG.finditer(clean):
        _append_text(lines, clean[done : tag.start()], quote_depth)
        done = tag.end()
        is_end, name = bool(tag[1]), tag[2]
        if name == "a":
            if not is_end:
                link = _HREF.search(tag[3])
                href = html.unescape(link[1]) if link else ""
            elif href and href not in lines[-1]:
                lines[-1] += f" <{href}>"
            continue
        if name == "td":
            lines[-1] += "  " if is_end else ""
            continue
        if name == "blockquote":
            quote_depth = max(0, quote_depth + (-1 if is_end else 1))
        _start_line(lines, name)
        if name == "li" and not is_end:
            lines[-1] = "> " * quote_depth + "- "
    _append_text(lines, clean[done:], quote_depth)
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _append_text(lines: list[str], text: str, quote_depth: int) -> None:
    text = _BLANK.sub(" ", html.unescape(text).replace("\xa0", " "))
    if not lines[-1].strip(" >-"):
        text = text.lstrip()
    if text:
        lines[-1] = (lines[-1] or "> " * quote_depth) + text


def _start_line(lines: list[str], name: str) -> None:
    if lines[-1] or name == "br":
        lines.append("")
    if name in _SEPARATED_BY_BLANK_LINE and lines[-2:-1] not in ([], [""]):
        lines.append("")
