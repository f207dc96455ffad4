"""HTML mails as plain text, with their paragraphs, lists, quotes, links and preformatted lines.

The page is read once from its beginning to its end, without a tree: whatever it contains, the time grows with its length
alone. Nothing of the HTML is kept, so nothing needs to be made safe.
"""

import html
import re

MAX_HTML_LENGTH = 1_000_000
# Beyond so many tags only the words are kept.
MAX_TAGS = 40_000
MAX_QUOTE_DEPTH = 20

_EMBEDDED_DATA = re.compile(rb"data:[\w/+.-]{0,80}(?:;[\w=.-]{1,60}){0,4},[A-Za-z0-9+/=%\r\n]{100,}")
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})(?![a-zA-Z0-9])")
_TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
_ANY_TAG = re.compile(r"<[!/?a-zA-Z][^<>]*>")
_PAGE_START = re.compile(r"\s*<(?:!doctype html|html)\b", re.I)
_HREF = re.compile(r"""\bhref\s{0,9}=\s{0,9}(?:"(https?://[^"]{1,2000})"|'(https?://[^']{1,2000})')""", re.I)
_ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"]{1,500})"|'([^']{1,500})')""", re.I)
_BLANK = re.compile(r"[ \t\r\n\xa0]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_TAGS = {
    "br",
    "div",
    "li",
    "tr",
    "hr",
    "table",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "center",
    "section",
    "article",
}
_PARAGRAPH_TAGS = {"p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_UNSEEN_TAGS = {"script", "style", "title", "xml"}


def html_to_text(page: str) -> str:
    """Return the text of an HTML page; `> ` marks quotes, and the URL of a link follows its text in angle brackets."""
    page = page[:MAX_HTML_LENGTH].replace("\r\n", "\n")
    if not _TAG_START.search(page):
        # Plain text that is labelled HTML.
        return html.unescape(page).strip("\n")
    text = _Text()
    at = tags = 0
    missing: set[str] = set()
    while found := _TAG_START.search(page, at):
        start = found.start()
        text.add(page[at:start])
        tags += 1
        end = _end_of_tag(page, start, missing)
        if end < 0:
            at = start
            break
        if tags > MAX_TAGS:
            text.add(_ANY_TAG.sub(" ", page[start:]))
            at = len(page)
            break
        at = end
        tag = _TAG_NAME.match(page, start)
        if tag is not None:
            name = tag[2].lower()
            text.tag(name, page[tag.end() : end - 1], is_end=bool(tag[1]))
            if name in _UNSEEN_TAGS and not tag[1]:
                at = _end_of_content(page, at, name, missing)
    text.add(page[at:])
    return _BLANK_LINES.sub("\n\n", text.finish()).strip("\n")


def is_whole_page(text: str) -> bool:
    """Return whether a text is an HTML page from its first tag to its last, whatever its label says."""
    return bool(_PAGE_START.match(text)) and text.rstrip()[-7:].lower() == "</html>"


def drop_embedded_data(page: bytes) -> bytes:
    """Return the bytes of an HTML page without the pictures that are embedded in it as `data:` URLs."""
    return _EMBEDDED_DATA.sub(b"data:", page)


def _end_of_tag(page: str, start: int, missing: set[str]) -> int:
    # Returns -1 if no tag ends any more. `missing` remembers what the rest of the page does not contain.
    if page.startswith("<!--", start) and "-->" not in missing:
        end = page.find("-->", start + 4)
        if end >= 0:
            return end + 3
        missing.add("-->")
    end = page.find(">", start)
    if end < 0:
        return -1
    for _ in range(3):
        # ">" inside a quoted attribute does not end the tag.
        if page.count('"', start, end) % 2 == 0 or (further := page.find(">", end + 1)) < 0:
            break
        if further - end > 5_000:
            break
        end = further
    return end + 1


def _end_of_content(page: str, at: int, name: str, missing: set[str]) -> int:
    if name in missing:
        return at
    end = re.compile(f"</{name}", re.I).search(page, at)
    if end is None:
        missing.add(name)
        return at
    return end.start()


class _Text:
    """The text so far: finished lines, the pieces of the current line, and which elements are open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quote_depth = 0
        self.pre_depth = 0
        self.lists: list[int] = []
        self.href = ""
        self.link_start = 0

    def add(self, raw: str) -> None:
        if not raw:
            return
        text = html.unescape(raw)
        if self.pre_depth:
            first, *others = text.replace("\xa0", " ").split("\n")
            self._append(first)
            for other in others:
                self.break_line()
                self._append(other)
            return
        text = _BLANK.sub(" ", text)
        if not self.line or self.line[-1].endswith(" "):
            text = text.lstrip(" ")
        self._append(text)

    def tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name == "a":
            self._link(attributes, is_end=is_end)
        elif name == "img":
            alt = _ALT.search(attributes)
            self.add(alt[1] or alt[2] if alt else "")
        elif name in ("td", "th"):
            if is_end and self.line:
                self._append("  ")
        elif name in _LINE_TAGS or name in _PARAGRAPH_TAGS:
            self._block(name, is_end=is_end)

    def finish(self) -> str:
        self.break_line()
        return "\n".join(self.lines)

    def break_line(self) -> None:
        content = "".join(self.line).rstrip()
        prefix = "> " * min(self.quote_depth, MAX_QUOTE_DEPTH)
        self.lines.append(prefix + content if content else "")
        self.line = []
        self.link_start = 0

    def _append(self, text: str) -> None:
        if text:
            self.line.append(text)

    def _link(self, attributes: str, *, is_end: bool) -> None:
        if is_end:
            words = "".join(self.line[self.link_start :])
            if self.href and self.href not in words:
                self._append(f" <{self.href}>")
            self.href = ""
        else:
            link = _HREF.search(attributes[:10_000])
            self.href = html.unescape(link[1] or link[2]) if link else ""
            self.link_start = len(self.line)

    def _block(self, name: str, *, is_end: bool) -> None:
        if self.line or name == "br":
            self.break_line()
        if name in _PARAGRAPH_TAGS and self.lines and self.lines[-1]:
            self.lines.append("")
        if name == "blockquote":
            self.quote_depth = max(0, self.quote_depth + (-1 if is_end else 1))
        elif name == "pre":
            self.pre_depth = max(0, self.pre_depth + (-1 if is_end else 1))
        elif name in ("ul", "ol"):
            if is_end:
                self.lists[-1:] = []
            else:
                self.lists.append(1 if name == "ol" else 0)
        elif name == "li" and not is_end:
            self._item()

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else 0
        if number:
            self.lists[-1] += 1
        self._append("  " * min(len(self.lists) - 1, 8) + (f"{number}. " if number else "- "))
