"""The words of a mail that is only a web page: as plain text, with its paragraphs, lists, quotes and links."""

import html
import re

import nh3

LONGEST = 300_000

_KEPT = {"p", "br", "div", "li", "tr", "td", "blockquote", "pre", "a", "h1", "h2", "h3", "h4", "hr"}
_APART = {"p", "blockquote", "pre", "h1", "h2", "h3", "h4"}
_DROPPED = {"script", "style", "title", "head"}
_TAG = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
_HREF = re.compile(r'href="(https?://[^"]*)"')
_BLANK = re.compile(r"[ \t\r\n]+")
_MANY = re.compile(r"\n{3,}")


def words_of(page: str) -> str:
    """Plain text of what a web page says."""
    tidy = nh3.clean(page[:LONGEST], tags=_KEPT, clean_content_tags=_DROPPED - _KEPT, link_rel=None)
    lines: list[str] = [""]
    level = 0
    href = ""
    done = 0
    for tag in _TAG.finditer(tidy):
        _say(lines, tidy[done : tag.start()], level)
        done = tag.end()
        is_end, name = bool(tag[1]), tag[2]
        if name == "a":
            if not is_end:
                found = _HREF.search(tag[3])
                href = html.unescape(found[1]) if found else ""
            elif href and href not in lines[-1]:
                lines[-1] += f" <{href}>"
            continue
        if name == "td":
            lines[-1] += "  " if is_end else ""
            continue
        if name == "blockquote":
            level = max(0, level + (-1 if is_end else 1))
        _break(lines, name)
        if name == "li" and not is_end:
            lines[-1] = "> " * level + "- "
    _say(lines, tidy[done:], level)
    return _MANY.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _say(lines: list[str], text: str, level: int) -> None:
    text = _BLANK.sub(" ", html.unescape(text).replace("\xa0", " "))
    if not lines[-1].strip(" >-"):
        text = text.lstrip()
    if text:
        lines[-1] = (lines[-1] or "> " * level) + text


def _break(lines: list[str], name: str) -> None:
    if lines[-1] or name == "br":
        lines.append("")
    if name in _APART and lines[-2:-1] not in ([], [""]):
        lines.append("")
